#include "mart/mart.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <set>
#include <thread>

#include "base/fault.h"
#include "support/mart_story.h"

namespace traction {
namespace {

class MartTest : public testing::Test {
 protected:
  MartTest() {
    directory_ = std::filesystem::temp_directory_path() / fmt::format("traction_mart_{}", getpid());
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
    path = directory_ / "mart.db";
  }
  ~MartTest() override { std::filesystem::remove_all(directory_); }

  std::string bytes_on_disk() const {
    std::string all;
    for (const auto& file : std::filesystem::recursive_directory_iterator(directory_))
      if (file.is_regular_file()) {
        std::ostringstream text;
        text << std::ifstream(file.path()).rdbuf();
        all += text.str();
      }
    return all;
  }

  Story story;
  std::string path;

 private:
  std::filesystem::path directory_;
};

Entry account(int number) {
  Entry entry;
  entry.seq = entry.record = number + 2;  // after the settings
  entry.type = 5;
  entry.recorded_at = World::kStart;
  entry.plain = fmt::format("{{\"name\":\"Account {}\"}}", number);
  return entry;
}

std::string ask(Mart& mart, const std::string& sql, const std::vector<Cell>& parameters = {}) {
  return text_of(mart.read()->query(sql, parameters));
}

TEST_F(MartTest, keepsEveryVersionAndShowsTheLast) {
  const Id account = story.make("account", {{"name", "Acme"}, {"employees", 5}});
  story.good(on(Verb::change, "account", account, {{"employees", 6}}));
  const Seq third = story.good(on(Verb::change, "account", account, {{"employees", nullptr}, {"sector", "steel"}}));
  story.tell();
  const auto mart = story.mart();
  mart->catch_up();
  EXPECT_EQ(mart->applied(), third);
  EXPECT_EQ(ask(*mart, "SELECT seq_from, seq_to, employees, sector FROM r_account ORDER BY seq_from"),
            "2 3 5 -\n3 4 6 -\n4 9223372036854775807 - steel\n");
  EXPECT_EQ(ask(*mart, "SELECT id, name, employees, sector, version FROM account"), "2 Acme - steel 4\n");

  story.good(on(Verb::remove, "account", account));
  story.tell();
  mart->catch_up();
  EXPECT_EQ(ask(*mart, "SELECT * FROM account"), "");
  story.good(on(Verb::restore, "account", account));
  story.tell();
  mart->catch_up();
  EXPECT_EQ(ask(*mart, "SELECT name, version FROM account"), "Acme 6\n");
  EXPECT_EQ(ask(*mart, "SELECT count(*), sum(seq_to - seq_from) FROM r_account WHERE seq_to < 100"), "4 4\n");
}

TEST_F(MartTest, leadsReferencesToTheRootOfMergedRecords) {
  const Id a = story.make("account", {{"name", "A"}}), b = story.make("account", {{"name", "B"}});
  const Id c = story.make("account", {{"name", "C"}});
  story.make("contact", {{"name", "Ann"}, {"account", a}});
  story.good(merging("account", a, b));
  story.good(merging("account", b, c));
  story.tell();
  const auto mart = story.mart();
  mart->catch_up();
  EXPECT_EQ(ask(*mart, "SELECT account FROM contact"), fmt::format("{}\n", c));
  story.good(on(Verb::unmerge, "account", b));
  story.tell();
  mart->catch_up();
  EXPECT_EQ(ask(*mart, "SELECT account FROM contact"), fmt::format("{}\n", b));
  EXPECT_EQ(ask(*mart, "SELECT account FROM r_contact"), fmt::format("{}\n", a));
}

TEST_F(MartTest, takesUpAFieldOfTheWorkspacesOwn) {
  story.make("account", {{"name", "Before"}});
  story.make("field", {{"record_type", "account"}, {"name", "region"}, {"field_type", "text"}});
  story.schema = *with_custom_field(story.schema, story.body(3));
  const Id account = story.make("account", {{"name", "After"}, {"region", "north"}});
  story.tell();
  {
    const auto mart = story.mart(path);
    mart->catch_up();
    EXPECT_EQ(ask(*mart, "SELECT name, region FROM account ORDER BY id"), "Before -\nAfter north\n");
  }
  story.good(on(Verb::change, "account", account, {{"region", "south"}}));
  story.make("field", {{"record_type", "account"}, {"name", "rank"}, {"field_type", "integer"}});
  story.schema = *with_custom_field(story.schema, story.body(6));
  story.make("account", {{"name", "Last"}, {"rank", 3}});
  story.tell();
  const auto mart = story.mart(path);  // with the shipped schema: the file knows the field
  EXPECT_FALSE(mart->set_aside());
  EXPECT_EQ(mart->applied(), 4);
  mart->catch_up();
  EXPECT_EQ(ask(*mart, "SELECT name, region, rank FROM account ORDER BY id"), "Before - -\nAfter south -\nLast - 3\n");
}

TEST_F(MartTest, followsManyEntriesInSeveralTransactions) {
  const auto mart = Mart::open({.path = path, .most_at_once = 3}, shipped_schema(), shipped_facts(), *story.ledger);
  const Id account = story.make("account", {{"name", "Acme"}, {"employees", 0}});
  story.tell();
  mart->catch_up();
  for (int employees = 1; employees <= 7; ++employees)
    story.good(on(Verb::change, "account", account, {{"employees", employees}}));
  story.make("account", {{"name", "Last"}});
  story.tell();
  std::set<std::int64_t> applied;  // what a question beside it may see
  std::int64_t done = 0;
  mart->catch_up([&](std::int64_t now, std::int64_t total) {
    EXPECT_EQ(total, 8);
    EXPECT_GE(now, done);
    done = now;
    applied.insert(mart->applied());
  });
  EXPECT_EQ(done, 8);
  EXPECT_EQ(applied, (std::set<std::int64_t>{2, 5, 8}));
  EXPECT_EQ(ask(*mart, "SELECT name, employees, version FROM account ORDER BY id"), "Acme 7 9\nLast - 10\n");
  EXPECT_EQ(ask(*mart, "SELECT count(*) FROM r_account"), "9\n");
}

TEST_F(MartTest, aBuildThatWasCutShortIsTakenUpAgain) {
  story.make("field", {{"record_type", "account"}, {"name", "region"}, {"field_type", "text"}});
  story.schema = *with_custom_field(story.schema, story.body(2));
  story.make("account", {{"name", "After"}, {"region", "north"}});
  story.tell();
  const auto mart = story.mart(path);
  mart->catch_up();
  const auto stop = [](Seq, Seq) { throw std::runtime_error("stopped"); };
  EXPECT_THROW(mart->rebuild(stop), std::runtime_error);
  EXPECT_THROW(mart->catch_up(stop), std::runtime_error);
  mart->catch_up();
  EXPECT_EQ(ask(*mart, "SELECT name, region FROM account"), "After north\n");
}

TEST_F(MartTest, canBeAskedWhileItIsMadeAnew) {
  story.make("account", {{"name", "Acme"}});
  story.tell();
  const auto mart = story.mart(path);
  mart->catch_up();
  const Seq last = mart->applied();
  std::atomic<bool> enough = false;
  const auto present = [&] {
    while (!enough) {
      const auto reader = mart->read();
      for (int i = 0; i < 3; ++i)
        EXPECT_EQ(text_of(reader->look_up("SELECT count(*) FROM account")), reader->seq() == 0 ? "0\n" : "1\n");
    }
  };
  const auto past = [&] {
    while (!enough) {
      const auto reader = mart->read_as_of(last);  // none while nothing is in it
      const std::string counted = reader ? text_of(reader->query("SELECT count(*) FROM account")) : "1\n";
      EXPECT_EQ(counted, "1\n");
    }
  };
  std::vector<std::thread> askers;
  for (int i = 0; i < 2; ++i) {
    askers.emplace_back(present);
    askers.emplace_back(past);
  }
  for (int i = 0; i < 10; ++i) mart->rebuild();
  enough = true;
  for (std::thread& asker : askers) asker.join();
  EXPECT_EQ(ask(*mart, "SELECT name FROM account"), "Acme\n");
}

TEST_F(MartTest, aReaderSeesOneStateWhateverIsApplied) {
  story.make("account", {{"name", "Acme"}});
  story.tell();
  const auto mart = story.mart(path);
  mart->catch_up();
  auto reader = mart->read();
  const Seq before = reader->seq();
  EXPECT_EQ(text_of(reader->query("SELECT name FROM account")), "Acme\n");
  story.make("account", {{"name", "Basso"}});
  story.tell();
  mart->catch_up();
  EXPECT_EQ(reader->seq(), before);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(text_of(reader->look_up("SELECT count(*) FROM account")), "1\n");
  reader.reset();
  reader = mart->read();
  EXPECT_EQ(reader->seq(), mart->applied());
  EXPECT_EQ(text_of(reader->look_up("SELECT count(*) FROM account")), "2\n");
}

TEST_F(MartTest, everyTypeOfFieldComesThrough) {
  story.make("cost", {{"about", "Fair"}, {"amount_minor", 12345}, {"currency", "EUR"}, {"spent_on", "2017-12-31"}});
  story.make("account", {{"name", "Ä \"quoted\""}, {"revenue_millions", 1.5}, {"founded_year", 1999}});
  story.make("member", {{"name", "Mia"}, {"sells", false}});
  story.tell();
  const auto mart = story.mart();
  mart->catch_up();
  EXPECT_EQ(ask(*mart, "SELECT amount_minor, spent_on FROM cost"), "12345 17531\n");
  EXPECT_EQ(ask(*mart, "SELECT name, revenue_millions, founded_year FROM account"), "Ä \"quoted\" 1.5 1999\n");
  EXPECT_EQ(ask(*mart, "SELECT sells, active FROM member"), "false true\n");
  EXPECT_EQ(ask(*mart, "SELECT epoch_us(created_at) FROM member"), fmt::format("{}\n", World::kStart.micros));
}

TEST_F(MartTest, anErasedPersonIsInNoFileOfIt) {
  const Id contact = story.make("contact", {{"name", "Rumpelstiltskin"}});
  story.tell();
  const auto mart = story.mart(path);
  mart->catch_up();
  mart->rebuild();
  EXPECT_NE(bytes_on_disk().find("Rumpelstiltskin"), std::string::npos);
  story.good(on(Verb::erase, "contact", contact));
  story.tell();
  mart->catch_up();
  EXPECT_EQ(ask(*mart, "SELECT id, name FROM contact"), fmt::format("{} -\n", contact));
  EXPECT_EQ(bytes_on_disk().find("Rumpelstiltskin"), std::string::npos);
}

TEST_F(MartTest, goesOnWhereItsFileEnds) {
  story.make("account", {{"name", "A"}});
  story.tell();
  story.mart(path)->catch_up();
  const auto mart = story.mart(path);
  EXPECT_FALSE(mart->set_aside());
  EXPECT_EQ(mart->applied(), 2);
  EXPECT_EQ(ask(*mart, "SELECT name FROM account"), "A\n");
}

TEST_F(MartTest, aFileThatIsNotThisLedgersIsSetAside) {
  story.make("account", {{"name", "A"}});
  story.tell();
  story.mart(path)->catch_up();
  const auto expect_set_aside = [&](Story& other, std::vector<FactDefinition> facts) {
    const auto mart = Mart::open({.path = path, .memory_mb = 200}, shipped_schema(), std::move(facts), *other.ledger);
    EXPECT_TRUE(mart->set_aside());
    EXPECT_EQ(mart->applied(), 0);
    EXPECT_TRUE(std::filesystem::exists(path + ".bad"));
    mart->catch_up();
    EXPECT_EQ(mart->applied(), other.ledger->read()->head().seq);
  };
  Story another;
  another.ledger = memory_ledger("another");
  another.make("account", {{"name", "B"}});
  another.tell();
  expect_set_aside(another, shipped_facts());

  expect_set_aside(story, shipped_facts());
  Story restored;  // the same ledger as a backup had it, and then something else happened
  restored.make("account", {{"name", "C"}});
  restored.tell();
  expect_set_aside(restored, shipped_facts());

  auto facts = shipped_facts();
  facts.back().select += " ";
  expect_set_aside(restored, facts);
}

TEST_F(MartTest, aBadFileIsSetAsideAndBuiltAnew) {
  story.make("account", {{"name", "A"}});
  story.tell();
  story.mart(path)->catch_up();
  std::string good;
  {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    good = text.str();
  }
  std::string noise(100'000, '\0');
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(i * 7919 >> 3);
  std::string torn = good;
  torn.replace(8192, 4000, noise, 0, 4000);
  for (const std::string& bad : {noise, std::string(), good.substr(0, good.size() / 2), torn, good.substr(0, 5000)}) {
    std::ofstream(path, std::ios::binary) << bad;
    const auto mart = story.mart(path);
    EXPECT_TRUE(mart->set_aside()) << bad.size();
    mart->catch_up();
    EXPECT_EQ(ask(*mart, "SELECT name FROM account"), "A\n");
  }
}

// What a child can open may still hold a bad block, which shows when it is read.
TEST_F(MartTest, aBadBlockInsideIsFoundWhenReadAndBuiltAnew) {
  for (int i = 0; i < 3000; ++i) story.entries.push_back(account(i));
  story.tell();
  story.mart(path)->rebuild();
  std::ostringstream good;
  good << std::ifstream(path).rdbuf();
  constexpr std::size_t kBlock = 262'144, kHeaders = 12'288;
  int found_when_read = 0;
  for (std::size_t at = kHeaders; at < good.str().size(); at += kBlock) {
    std::string bad = good.str();
    for (std::size_t i = at + 64; i < std::min(at + kBlock, bad.size()); i += 97)
      bad[i] = static_cast<char>(bad[i] + 1);
    std::ofstream(path, std::ios::binary) << bad;
    const auto mart = story.mart(path);
    const auto right = [&] {
      return ask(*mart, "SELECT count(*), count(DISTINCT name) FROM account") == "3000 3000\n";
    };
    try {
      EXPECT_TRUE(mart->set_aside() || right());
    } catch (const Fault& fault) {
      EXPECT_EQ(fault.kind(), Fault::Kind::damaged) << fault.what();
      ++found_when_read;
    }
    mart->catch_up();
    EXPECT_TRUE(right()) << at;
  }
  EXPECT_GT(found_when_read, 0);
}

TEST_F(MartTest, refusesWhatIsNotASelect) {
  story.tell();
  const auto mart = story.mart(path);
  mart->catch_up();
  for (const char* wrong : {"DELETE FROM r_account", "SELECT nothing FROM account", "SELECT", "SELECT 1; SELECT 2",
                            "SET threads = 1", "ATTACH '/tmp/x.db'", "COPY account TO '/tmp/x.csv'",
                            "SELECT * FROM read_csv('/etc/passwd')", "SELECT 'a'::BIGINT", "SELECT $1"})
    EXPECT_EQ(mart->read()->query(wrong).error().code, Code::invalid) << wrong;
  EXPECT_EQ(ask(*mart, "SELECT $1 + 1, $2, $3", {std::int64_t{41}, std::string("x"), std::monostate{}}), "42 x -\n");
  EXPECT_EQ(mart->read()->query("SELECT * FROM range(100000)", {}, 7)->size(), 7u);
}

TEST_F(MartTest, waitsForWhatIsBeingApplied) {
  story.make("account", {{"name", "A"}});
  story.tell();
  const auto mart = story.mart();
  EXPECT_FALSE(mart->wait_for(2, 1));
  std::thread applier([&] { mart->catch_up(); });
  EXPECT_TRUE(mart->wait_for(2, 60'000));
  applier.join();
}

TEST_F(MartTest, sqlKnowsSurvivalAndLocalDays) {
  const auto mart = story.mart();
  const auto reached =
      mart->read()->query("SELECT survival(CASE WHEN i <= 6 THEN 3600 ELSE 99999 END, i <= 6) FROM range(1, 11) t(i)");
  ASSERT_TRUE(reached) << to_string(reached.error());
  const auto quantiles = std::get<std::vector<double>>((*reached)[0][0]);
  EXPECT_EQ(quantiles[0], 3600);
  EXPECT_TRUE(std::isnan(quantiles[1]));
  EXPECT_EQ(ask(*mart, "SELECT survival(1, NULL), (SELECT survival(i, TRUE) FROM range(0) t(i)) IS NULL"), "- true\n");
  EXPECT_EQ(ask(*mart,
                "SELECT g, survival(i, TRUE)[1] FROM (SELECT i % 3 AS g, i FROM range(30000) t(i)) "
                "GROUP BY g ORDER BY g"),
            "0 14997\n1 14998\n2 14999\n");
  EXPECT_EQ(ask(*mart,
                "WITH g AS (SELECT i % 3 AS g, lifetimes(i, TRUE) AS l FROM range(30000) t(i) GROUP BY ALL) "
                "SELECT g, survival(l)[1] FROM g GROUP BY GROUPING SETS ((g), ()) ORDER BY ALL"),
            "0 14997\n1 14998\n2 14999\n- 14999\n");
  EXPECT_EQ(ask(*mart,
                "SELECT l IS NULL, survival(l) IS NULL FROM (SELECT lifetimes(i, TRUE) AS l FROM range(0) t(i)) "
                "GROUP BY l"),
            "true true\n");
  EXPECT_EQ(ask(*mart,
                "SELECT local_day(TIMESTAMP '2017-03-25 23:30:00', 'Europe/Berlin')::VARCHAR, "
                "local_day(TIMESTAMP '2017-03-25 23:30:00', 'America/New_York')::VARCHAR, local_day(NULL, 'UTC')"),
            "2017-03-26 2017-03-25 -\n");
  EXPECT_EQ(mart->read()->query("SELECT local_day(TIMESTAMP '2017-03-25 23:30:00', 'Europe/Berln')").error().code,
            Code::invalid);
}

TEST_F(MartTest, answersAsOfAnEarlierEntry) {
  const Id north = story.make("team", {{"name", "North"}}), south = story.make("team", {{"name", "South"}});
  const Id ann = story.make("member", {{"name", "Ann"}, {"team", north}});
  const Id a = story.make("account", {{"name", "A"}}), b = story.make("account", {{"name", "B"}});
  const Id contact = story.make("contact", {{"name", "Cid"}, {"account", a}});
  story.make("field", {{"record_type", "account"}, {"name", "region"}, {"field_type", "text"}});
  story.schema = *with_custom_field(story.schema, story.body(8));
  story.make("activity", {{"kind", "call"}, {"status", "done"}, {"owner", ann}, {"contact", contact}, {"account", a}});
  const Seq then = static_cast<Seq>(story.entries.size());
  const Instant at = story.now;
  story.now = story.day(5);
  story.good(on(Verb::change, "member", ann, {{"team", south}}));
  story.good(merging("account", a, b));
  story.good(on(Verb::remove, "activity", then));
  story.make("field", {{"record_type", "account"}, {"name", "rank"}, {"field_type", "integer"}});
  story.schema = *with_custom_field(story.schema, story.body(then + 4));
  story.good(on(Verb::change, "account", b, {{"rank", 3}}));
  story.tell();
  const auto mart = story.mart(path);
  mart->catch_up();
  const auto now = [&](const std::string& sql) { return text_of(mart->read()->query(sql)); };
  const auto past = [&](const std::string& sql, Seq seq) { return text_of(mart->read_as_of(seq)->query(sql)); };

  EXPECT_EQ(mart->recorded_by({at.micros - 1}), 0);
  EXPECT_EQ(mart->recorded_by(at), then);
  EXPECT_EQ(mart->recorded_by(story.now), mart->applied());

  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(past("SELECT team FROM member", then), fmt::format("{}\n", north));
    EXPECT_EQ(past("SELECT max(seq_to) FROM r_member", then), "9223372036854775807\n");
    EXPECT_EQ(past("SELECT name, account FROM contact", then), fmt::format("Cid {}\n", a));
    EXPECT_EQ(past("SELECT count(*), min(account) FROM touch", then), fmt::format("1 {}\n", a));
    // Also where the compiler names the table by its schema.
    EXPECT_EQ(past("WITH touch AS (SELECT * FROM main.\"touch\") SELECT count(*) FROM \"touch\"", then), "1\n");
    EXPECT_EQ(past("SELECT count(*) FROM touch", then - 1), "0\n");
    EXPECT_EQ(past("SELECT count(*) FROM account", then - 3), "2\n");
    EXPECT_EQ(past("SELECT count(*) FROM account", 3), "0\n");  // the one asked longest ago is let go of
  }
  EXPECT_TRUE(mart->read_as_of(then)->schema()->need("account").field("region"));
  EXPECT_FALSE(mart->read_as_of(then)->schema()->need("account").field("rank"));
  EXPECT_FALSE(mart->read_as_of(then - 2)->schema()->need("account").field("region"));
  EXPECT_EQ(now("SELECT count(*) FROM touch"), "0\n");
  EXPECT_EQ(now("SELECT name, account FROM contact"), fmt::format("Cid {}\n", b));

  // What comes later, or a mart built anew, changes nothing of it.
  story.make("activity", {{"kind", "email"}, {"status", "done"}, {"owner", ann}});
  story.make("field", {{"record_type", "activity"}, {"name", "mood"}, {"field_type", "text"}});
  story.tell();
  mart->catch_up();
  EXPECT_EQ(past("SELECT count(*), min(account) FROM touch", then), fmt::format("1 {}\n", a));
  mart->rebuild();
  EXPECT_EQ(past("SELECT count(*), min(account) FROM touch", then), fmt::format("1 {}\n", a));
  EXPECT_EQ(now("SELECT count(*) FROM touch"), "1\n");
}

}  // namespace
}  // namespace traction
