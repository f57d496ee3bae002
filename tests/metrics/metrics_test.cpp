// Every worked example of this folder, as README.md describes them.
#include <gtest/gtest.h>

#include <filesystem>

#include "metrics/example.h"

namespace traction {
namespace {

constexpr const char* kFolder = TRACTION_SOURCE_DIR "/tests/metrics";

std::shared_ptr<const Definitions> definitions() {
  static const auto loaded = load_definitions(TRACTION_SOURCE_DIR "/definitions");
  return loaded ? *loaded : nullptr;
}

std::vector<std::string> examples() {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(kFolder))
    if (file.path().extension() == ".test") names.push_back(file.path().stem().string());
  std::ranges::sort(names);
  return names;
}

class WorkedExample : public testing::TestWithParam<std::string> {};

TEST_P(WorkedExample, Holds) {
  ASSERT_TRUE(definitions());
  Example(definitions()).run(std::string(kFolder) + "/" + GetParam() + ".test");
}

INSTANTIATE_TEST_SUITE_P(Metrics, WorkedExample, testing::ValuesIn(examples()),
                         [](const auto& one) { return one.param; });

TEST(Definitions, Load) {
  const auto loaded = load_definitions(TRACTION_SOURCE_DIR "/definitions");
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_GE((*loaded)->catalogue.metrics().size(), 20u);
}

}  // namespace
}  // namespace traction
