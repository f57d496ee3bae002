#include "app/import/undo.h"

#include "import/office.h"

namespace traction {
namespace {

constexpr const char* kAccounts =
    "[[record]]\ntype = \"account\"\nkey = \"name\"\nsame = \"update\"\n[record.fields]\nname = \"n\"\nsector = \"s\"\n"
    "parent = \"p\"\n";

class UndoImport : public Office {
 protected:
  UndoReport undo(Id import) {
    auto report = undo_import(host(), import, 0);
    EXPECT_TRUE(report) << (report ? "" : to_string(report.error()));
    return report ? *report : UndoReport{};
  }
  std::set<std::string> names(const std::string& type) {
    std::set<std::string> found;
    for (const Record& record : all(type)) found.emplace(record.body.at("name").as_string());
    return found;
  }
};

TEST_F(UndoImport, TakesBackEverythingItMade) {
  std::filesystem::copy(kExtract, directory_ + "/data");
  const ImportRun run = import_files(host(), *pair_files(directory_ + "/data", kTemplates, schema_), {});
  ASSERT_EQ(run.reports.size(), 4u);
  for (auto report = run.reports.rbegin(); report != run.reports.rend(); ++report) {
    const UndoReport undone = undo(report->import);
    EXPECT_TRUE(undone.kept.empty());
    EXPECT_EQ(undone.removed, report->created);
  }
  for (const char* type : {"deal", "account", "product", "team", "member", "stage", "pipeline"})
    EXPECT_TRUE(all(type).empty()) << type;
  EXPECT_EQ(undo_import(host(), run.reports[0].import, 0).error().code, Code::rule);
  EXPECT_EQ(undo_import(host(), 999'999, 0).error().code, Code::not_found);
  // What was undone can be imported anew.
  EXPECT_FALSE(import_files(host(), *pair_files(directory_ + "/data", kTemplates, schema_), {}).refusal);
  EXPECT_EQ(all("deal").size(), 200u);
}

TEST_F(UndoImport, KeepsWhatOthersBuiltUpon) {
  const auto report = good("n,s,p\nroot,a,\nmid,a,root\nleaf,a,mid\nedited,a,\nlone,a,\nmerged,a,\n", kAccounts);
  run(batch({creation("contact", {{"name", "Ann"}, {"account", named("account", "name", "mid").id}}),
             on(Verb::change, "account", named("account", "name", "edited").id, {{"sector", "b"}}),
             creation("account", {{"name", "other"}})}));
  run(batch({merging("account", named("account", "name", "merged").id, named("account", "name", "other").id)}));
  const UndoReport undone = undo(report.import);
  // mid is named by a contact of ours, and root by mid, which stays.
  EXPECT_EQ(names("account"), (std::set<std::string>{"root", "mid", "edited", "other"}));
  EXPECT_EQ(undone.removed.at("account"), 2);
  std::set<std::string> kept;
  for (const Kept& one : undone.kept) kept.insert(one.title);
  EXPECT_EQ(kept, (std::set<std::string>{"root", "mid", "edited", "merged"}));
}

TEST_F(UndoImport, SetsBackWhatItChangedAndNobodyElseSince) {
  run(batch({creation("account", {{"name", "A"}, {"sector", "old"}}), creation("account", {{"name", "B"}}),
             creation("account", {{"name", "C"}, {"sector", "old"}})}));
  const Id a = named("account", "name", "A").id, b = named("account", "name", "B").id;
  const Id c = named("account", "name", "C").id;
  run(batch({on(Verb::change, "account", a, {{"sector", "older"}})}));
  const auto report = good("n,s,p\nA,new,\nB,new,A\nC,new,\n", kAccounts);
  EXPECT_EQ(report.changed.at("account"), 3);
  run(batch(
      {on(Verb::change, "account", b, {{"sector", "newer"}}), on(Verb::change, "account", c, {{"website", "w"}})}));
  const UndoReport undone = undo(report.import);
  EXPECT_EQ(named("account", "name", "A").body.at("sector"), "older");
  EXPECT_EQ(named("account", "name", "B").body.at("sector"), "newer");
  EXPECT_FALSE(named("account", "name", "B").body.contains("parent"));
  EXPECT_EQ(named("account", "name", "C").body.at("sector"), "old");
  EXPECT_EQ(named("account", "name", "C").body.at("website"), "w");
  EXPECT_EQ(undone.restored.at("account"), 3);
  ASSERT_EQ(undone.kept.size(), 1u);
  EXPECT_EQ(undone.kept[0].record, b);
}

TEST_F(UndoImport, GoesOnAfterAKill) {
  std::string csv = "n,s,p\n";
  for (int i = 0; i < 5'000; ++i) csv += fmt::format("a{},x,{}\n", i, i ? "a0" : "");
  const auto report = good(csv, kAccounts);
  ImportHost dying = host();
  int left = 2;
  dying.submit = [&](Command command) {
    if (left-- == 0) throw std::runtime_error("killed");
    return writer_->submit(std::move(command));
  };
  EXPECT_THROW((void)undo_import(dying, report.import, 0), std::runtime_error);
  EXPECT_EQ(all("account").size(), 1'000u);
  const UndoReport rest = undo(report.import);
  EXPECT_EQ(rest.removed.at("account"), 1'000);
  EXPECT_TRUE(all("account").empty());
}

}  // namespace
}  // namespace traction
