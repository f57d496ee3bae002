#include "http/compress.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

namespace traction {
namespace {

std::string unzipped(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  int state = Z_OK;
  while (state == Z_OK) {
    char piece[10'000];
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    state = inflate(&stream, Z_NO_FLUSH);
    out.append(piece, sizeof piece - stream.avail_out);
  }
  EXPECT_EQ(state, Z_STREAM_END);
  inflateEnd(&stream);
  return out;
}

TEST(CompressTest, PicksTheBestThatIsTaken) {
  EXPECT_EQ(accepted_coding(""), Coding::identity);
  EXPECT_EQ(accepted_coding("gzip"), Coding::gzip);
  EXPECT_EQ(accepted_coding("gzip, deflate, br"), Coding::brotli);
  EXPECT_EQ(accepted_coding("gzip, deflate, br, zstd"), Coding::brotli);
  EXPECT_EQ(accepted_coding("br;q=0.5, GZIP;q=0.8"), Coding::gzip);
  EXPECT_EQ(accepted_coding("br;q=0, gzip"), Coding::gzip);
  EXPECT_EQ(accepted_coding("br ; q=0.2 , gzip;q=0.2"), Coding::brotli);
  EXPECT_EQ(accepted_coding("*"), Coding::brotli);
  EXPECT_EQ(accepted_coding("*;q=0"), Coding::identity);
  EXPECT_EQ(accepted_coding("br;q=0, *"), Coding::gzip);
  EXPECT_EQ(accepted_coding("identity;q=1, gzip;q=0.5"), Coding::identity);
  EXPECT_EQ(accepted_coding("identity;q=0, gzip;q=0.1"), Coding::gzip);
  EXPECT_EQ(accepted_coding("identity;q=0"), Coding::identity);
  for (const char* odd :
       {"gzip;q=", "gzip;q=x", "gzip;q=2", "gzip;q=-1", "gzip;level=9", "gzip;q=nan", ";;,,=", "gzipped"})
    EXPECT_EQ(accepted_coding(odd), Coding::identity) << odd;
}

TEST(CompressTest, KnowsWhatGetsSmaller) {
  EXPECT_TRUE(compressible("application/json"));
  EXPECT_TRUE(compressible("application/problem+json"));
  EXPECT_TRUE(compressible("text/csv; charset=utf-8"));
  EXPECT_TRUE(compressible("image/svg+xml"));
  EXPECT_FALSE(compressible("text/event-stream"));
  EXPECT_FALSE(compressible("text/event-stream; charset=utf-8"));
  EXPECT_FALSE(compressible("image/png"));
  EXPECT_FALSE(compressible("application/octet-stream"));
  EXPECT_FALSE(compressible(""));
}

TEST(CompressTest, GivesBackWhatWasPutIn) {
  std::mt19937 random(3);
  for (const std::size_t size : {0, 1, 1'000, 100'000, 300'000}) {
    std::string text(size, ' ');
    for (char& c : text) c = static_cast<char>('a' + random() % 6);
    EXPECT_EQ(unzipped(compress(text, Coding::gzip)), text);
    // In pieces it is the same text.
    const auto encoder = Encoder::make(Coding::gzip);
    std::string out;
    for (std::size_t at = 0; at < size; at += 777) encoder->put(std::string_view(text).substr(at, 777), out);
    encoder->finish(out);
    EXPECT_EQ(unzipped(out), text);
    if (size >= 1'000) {
      EXPECT_LT(compress(text, Coding::brotli).size(), size / 2);
      EXPECT_LT(compress(text, Coding::brotli, Encoder::Effort::lasting).size(), size / 2);
    }
  }
}

}  // namespace
}  // namespace traction
