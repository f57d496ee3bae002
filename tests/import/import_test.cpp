#include "import/office.h"

namespace traction {
namespace {

constexpr const char* kPeople = R"(
[[record]]
type = "member"
[record.fields]
external_id = "id"
name = "name"
email = "email"
)";

constexpr const char* kDeals = R"(
[column.engaged]
date = "%m/%d/%Y"
[column.closed]
date = "%m/%d/%Y"
[pipeline]
name = "Sales"
stages = [
  { name = "New", kind = "lead" },
  { name = "Talking", kind = "qualified" },
  { name = "Won", kind = "won" },
  { name = "Lost", kind = "lost" },
]
[[record]]
type = "deal"
[record.fields]
external_id = "id"
name = "id"
amount_minor = "amount"
lost_reason = { value = "not_recorded" }
[[record.history]]
stage = { value = "Talking" }
on = "engaged"
[[record.history]]
stage = "stage"
on = "closed"
)";

TEST_F(Office, RealExtract) {
  const auto sources = pair_files(kExtract, kTemplates, schema_);
  ASSERT_TRUE(sources);
  // Given in no order at all, the files come in the one in which they need each other.
  std::vector<ImportSource> reversed(sources->rbegin(), sources->rend());
  std::filesystem::copy(kExtract, directory_ + "/data");
  for (ImportSource& source : reversed)
    source.file = directory_ + "/data/" + std::filesystem::path(source.file).filename().string();
  const ImportRun run = import_files(host(), reversed, {});
  ASSERT_FALSE(run.refusal) << to_string(*run.refusal);
  ASSERT_EQ(run.reports.size(), 4u);
  for (const ImportReport& report : run.reports) {
    EXPECT_EQ(report.rows_rejected, 0) << report.file << ": "
                                       << (report.problems.empty() ? "" : report.problems[0].reason);
    EXPECT_TRUE(report.finished);
    EXPECT_EQ(report.rejected_path, "");
  }
  EXPECT_EQ(all("account").size(), 76u);
  EXPECT_EQ(all("product").size(), 7u);
  EXPECT_EQ(all("team").size(), 6u);
  EXPECT_EQ(all("member").size(), 41u);
  EXPECT_EQ(all("stage").size(), 4u);

  const auto deals = all("deal");
  EXPECT_EQ(deals.size(), 200u);
  const Record gtx_pro = named("product", "name", "GTX Pro");
  std::map<std::string, int> stages;
  std::int64_t won = 0;
  int without_account = 0, gtx = 0, without_amount = 0;
  const Record won_stage = named("stage", "name", "Won");
  for (const Record& deal : deals) {
    without_account += !deal.body.contains("account");
    without_amount += !deal.body.contains("amount_minor");
    gtx += deal.body.at("product") == gtx_pro.id;
    if (deal.body.at("stage") == won_stage.id) won += deal.body.at("amount_minor").as_int64();
    EXPECT_EQ(deal.body.contains("lost_reason"), deal.body.at("stage") == named("stage", "name", "Lost").id);
  }
  EXPECT_EQ(without_account, 31);
  EXPECT_EQ(gtx, 37);
  EXPECT_EQ(without_amount, 45);  // 32 engaged and 13 prospects have none
  EXPECT_EQ(won, 20'938'400);

  const Record cheers = named("account", "name", "Cheers");
  EXPECT_EQ(cheers.body.at("parent"), named("account", "name", "Massive Dynamic").id);
  EXPECT_EQ(named("account", "name", "Codehow").body.at("sector"), "software");
  EXPECT_EQ(named("account", "name", "Acme Corporation").body.at("sector"), "technolgy");
  const Record boss = named("member", "name", "Dustin Brinkmann");
  EXPECT_EQ(boss.body.at("role"), "manager");
  EXPECT_EQ(boss.body.at("sells"), false);
  const Record team = named("team", "name", "Dustin Brinkmann");
  EXPECT_EQ(team.body.at("manager"), boss.id);
  EXPECT_EQ(named("member", "name", "Moses Frase").body.at("team"), team.id);

  // MV1LWRNH: engaged 10/25/2016, won 3/9/2017.
  const auto steps = history(named("deal", "external_id", "MV1LWRNH"));
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].occurred_at, day("2016-10-25"));
  EXPECT_EQ(steps[1].occurred_at, day("2017-03-09"));
  EXPECT_EQ(steps[0].origin, run.reports[3].import);
  EXPECT_EQ(named("import", "file", run.reports[3].file).body.at("rows_done"), 200);
}

TEST_F(Office, WithoutTheTranslationEveryGtxProIsReportedWithItsNearMatch) {
  auto sources = *pair_files(kExtract, kTemplates, schema_);
  std::string map = read_all(kTemplates + "/crm_sales_pipeline.toml");
  const std::string values = "values = { \"GTXPro\" = \"GTX Pro\" }";
  map.replace(map.find(values), values.size(), "");
  std::filesystem::copy(kExtract, directory_ + "/data");
  for (ImportSource& source : sources)
    source.file = directory_ + "/data/" + std::filesystem::path(source.file).filename().string();
  sources[1].mapping = write("pipeline.toml", map);
  ASSERT_NE(sources[1].file.find("sales_pipeline"), std::string::npos);
  const ImportRun run = import_files(host(), sources, {});
  ASSERT_FALSE(run.refusal);
  const ImportReport& report = run.reports.back();
  EXPECT_EQ(report.rows_rejected, 37);
  EXPECT_EQ(all("deal").size(), 163u);
  ASSERT_EQ(report.groups.size(), 1u);
  EXPECT_EQ(report.groups[0].rows, 37);
  EXPECT_EQ(report.groups[0].first.column, "product");
  EXPECT_EQ(report.groups[0].first.value, "GTXPro");
  EXPECT_NE(report.groups[0].first.reason.find("\"GTX Pro\""), std::string::npos);

  // The rejected rows, imported with the mended mapping, are the missing ones.
  const auto mended = import_file(host(), {report.rejected_path, kTemplates + "/crm_sales_pipeline.toml"}, {});
  ASSERT_TRUE(mended) << to_string(mended.error());
  EXPECT_EQ(mended->rows_rejected, 0);
  EXPECT_EQ(all("deal").size(), 200u);
}

TEST_F(Office, DryRunSeesTheSameAndWritesNothing) {
  auto sources = *pair_files(kExtract, kTemplates, schema_);
  std::filesystem::copy(kExtract, directory_ + "/data");
  for (ImportSource& source : sources)
    source.file = directory_ + "/data/" + std::filesystem::path(source.file).filename().string();
  std::string pipeline = read_all(sources[1].file);
  pipeline += "X1,Nobody,GTX Pro,Isdom,Won,1/1/2017,2/2/2017,5\n";
  pipeline += "X2,Moses Frase,GTX Pro,Isdom,Won,2/2/2017,1/1/2017,5\n";  // won before it began
  std::ofstream(sources[1].file) << pipeline;
  ImportOptions options;
  options.dry_run = true;
  const Seq before = ledger_->read()->head().seq;
  const ImportRun dry = import_files(host(), sources, options);
  ASSERT_FALSE(dry.refusal) << to_string(*dry.refusal);
  EXPECT_EQ(ledger_->read()->head().seq, before);
  EXPECT_FALSE(std::filesystem::exists(rejected_path_of(sources[1].file)));
  const ImportRun wet = import_files(host(), sources, {});
  ASSERT_EQ(dry.reports.size(), wet.reports.size());
  for (std::size_t i = 0; i < dry.reports.size(); ++i) {
    EXPECT_EQ(dry.reports[i].created, wet.reports[i].created);
    EXPECT_EQ(dry.reports[i].changed, wet.reports[i].changed);
    EXPECT_EQ(dry.reports[i].rows_done, wet.reports[i].rows_done);
    ASSERT_EQ(dry.reports[i].problems.size(), wet.reports[i].problems.size());
    for (std::size_t k = 0; k < dry.reports[i].problems.size(); ++k) {
      EXPECT_EQ(dry.reports[i].problems[k].row, wet.reports[i].problems[k].row);
      EXPECT_EQ(dry.reports[i].problems[k].reason, wet.reports[i].problems[k].reason);
    }
  }
  EXPECT_EQ(wet.reports.back().rows_rejected, 2);
}

TEST_F(Office, HistoryFromColumns) {
  begin("America/New_York");
  const auto report = good(
      "id,amount,stage,engaged,closed\n"
      "a,10,Won,1/31/2017,3/1/2017\n"
      "b,,New,,\n"
      "c,,Talking,2/1/2017,\n"
      "d,0,Lost,2/1/2017,2/1/2017\n"
      "e,7.5,Won,,2/1/2017\n"
      "f,,Talking,2/1/2017,2/2/2017\n"  // two days for one stage
      "g,1,Won,2/2/2017,2/1/2017\n",    // won before it began
      kDeals);
  EXPECT_EQ(report.rows_rejected, 2);
  ASSERT_EQ(report.problems.size(), 2u);
  EXPECT_EQ(report.problems[0].row, 7);
  EXPECT_EQ(report.problems[0].column, "closed");
  EXPECT_EQ(report.problems[1].row, 8);
  const std::int64_t five_hours = 5 * 3600 * kSecond;  // days begin in New York
  const auto a = history(named("deal", "external_id", "a"));
  ASSERT_EQ(a.size(), 2u);
  EXPECT_EQ(a[0].occurred_at->micros, day("2017-01-31")->micros + five_hours);
  EXPECT_EQ(named("deal", "external_id", "a").body.at("closed_at"), day("2017-03-01")->micros + five_hours);
  const Record b = named("deal", "external_id", "b");
  EXPECT_EQ(history(b).at(0).occurred_at, std::nullopt);
  EXPECT_FALSE(b.body.contains("stage_since"));
  EXPECT_FALSE(b.body.contains("amount_minor"));
  EXPECT_EQ(history(named("deal", "external_id", "c")).size(), 1u);
  const Record d = named("deal", "external_id", "d");
  EXPECT_EQ(d.body.at("lost_reason"), "not_recorded");
  EXPECT_EQ(d.body.at("amount_minor"), 0);
  EXPECT_EQ(history(named("deal", "external_id", "e")).size(), 1u);
  EXPECT_EQ(named("deal", "external_id", "e").body.at("amount_minor"), 750);
}

TEST_F(Office, DuplicatesAreSkippedUpdatedOrRefused) {
  const std::string map = kPeople;
  good("id,name,email\n1,Ann,a@x\n2,Bob,b@x\n1,Ann again,z@x\n", map);
  EXPECT_EQ(all("member").size(), 2u);
  EXPECT_EQ(named("member", "external_id", "1").body.at("name"), "Ann");

  std::string update = map;
  update.replace(update.find("[record.fields]"), 0, "same = \"update\"\n");
  const auto updated = good("id,name,email\n1,Anna,\n2,Bob,b@x\n3,Cid,\n3,Cyd,c@x\n", update);
  EXPECT_EQ(updated.rows_unchanged, 1);
  EXPECT_EQ(updated.created.at("member"), 1);
  EXPECT_EQ(updated.changed.at("member"), 2);
  EXPECT_EQ(named("member", "external_id", "1").body.at("name"), "Anna");
  EXPECT_EQ(named("member", "external_id", "1").body.at("email"), "a@x");  // an empty cell changes nothing
  EXPECT_EQ(named("member", "external_id", "3").body.at("name"), "Cyd");

  std::string refusing = map;
  refusing.replace(refusing.find("[record.fields]"), 0, "same = \"refuse\"\n");
  const auto refused = good("id,name,email\n1,Annie,\n4,Dan,\n4,Don,\n", refusing);
  EXPECT_EQ(refused.rows_rejected, 2);
  EXPECT_EQ(refused.problems.at(0).column, "id");
  EXPECT_EQ(all("member").size(), 4u);
}

TEST_F(Office, UpdateMovesADealOnce) {
  good("id,amount,stage,engaged,closed\na,10,Talking,1/31/2017,\n", kDeals);
  std::string update = kDeals;
  update.replace(update.find("[record.fields]"), 0, "same = \"update\"\n");
  const auto moved = good("id,amount,stage,engaged,closed\na,12,Lost,1/31/2017,2/5/2017\n", update);
  EXPECT_EQ(moved.rows_rejected, 0);
  const Record deal = named("deal", "external_id", "a");
  EXPECT_EQ(history(deal).size(), 2u);
  EXPECT_EQ(deal.body.at("closed_at"), day("2017-02-05")->micros);
  EXPECT_EQ(deal.body.at("amount_minor"), 1200);
  const auto same = good("id,amount,stage,engaged,closed\na,12,Lost,1/31/2017,2/5/2017\n\n", update);
  EXPECT_EQ(same.rows_unchanged, 1);
  EXPECT_EQ(history(named("deal", "external_id", "a")).size(), 2u);
}

TEST_F(Office, ParentsMayComeLater) {
  const char* map = "[[record]]\ntype = \"account\"\nkey = \"name\"\n[record.fields]\nname = \"n\"\nparent = \"p\"\n";
  ImportOptions options;
  options.chunk_rows = 2;
  const auto report =
      good("n,p\nleaf,twig\ntwig,branch\nbranch,root\nroot,\nx,y\ny,x\nz,nobody\nself,self\n", map, options);
  EXPECT_EQ(named("account", "name", "leaf").body.at("parent"), named("account", "name", "twig").id);
  EXPECT_EQ(named("account", "name", "branch").body.at("parent"), named("account", "name", "root").id);
  EXPECT_EQ(report.rows_rejected, 4);  // a circle of two, a name nobody has, an account above itself
  EXPECT_EQ(report.rows_done, 8);
}

TEST_F(Office, ReferencesAreExactOrReported) {
  run(batch({creation("account", {{"name", "Acme"}}), creation("account", {{"name", "Twin"}}),
             creation("account", {{"name", "Twin"}}), creation("account", {{"name", "Old"}, {"external_id", "A-1"}})}));
  const Record old = named("account", "name", "Old");
  run(batch({merging("account", old.id, named("account", "name", "Acme").id)}));
  const std::string map =
      "[[record]]\ntype = \"contact\"\n[record.fields]\nname = \"n\"\naccount = { column = \"a\", by = \"BY\" MISSING "
      "}\n";
  const auto with = [&](const std::string& by, const std::string& missing) {
    std::string text = map;
    text.replace(text.find("BY"), 2, by);
    return text.replace(text.find("MISSING"), 7, missing);
  };
  const auto by_name = good("n,a\nAnn,Acme\nBob,acme\nCid,Twin\nDan,\nEve,Old\n", with("name", ""));
  EXPECT_EQ(by_name.rows_rejected, 2);
  EXPECT_NE(by_name.problems.at(0).reason.find("\"Acme\""), std::string::npos);
  EXPECT_EQ(by_name.problems.at(1).value, "Twin");
  EXPECT_FALSE(named("contact", "name", "Dan").body.contains("account"));
  // A merged account's name leads to the one it became.
  EXPECT_EQ(named("contact", "name", "Eve").body.at("account"), named("account", "name", "Acme").id);
  EXPECT_EQ(good("n,a\nFay,A-2\n", with("name", ", missing = \"empty\"")).rows_rejected, 0);
  EXPECT_FALSE(named("contact", "name", "Fay").body.contains("account"));
  EXPECT_EQ(good("n,a\nGus,A-1\n", with("external_id", "")).rows_rejected, 0);
  EXPECT_EQ(named("contact", "name", "Gus").body.at("account"), named("account", "name", "Acme").id);
  EXPECT_EQ(good("n,a\nHal,999\n", with("id", "")).rows_rejected, 1);
}

TEST_F(Office, OneRejectedRowCostsOnlyItself) {
  // Refused by the rules alone (the reason of a deal that is not lost), so the whole chunk comes back once.
  std::string map = kDeals;
  const std::string constant = "{ value = \"not_recorded\" }";
  map.replace(map.find(constant), constant.size(), "\"reason\"");
  std::string csv = "id,amount,stage,engaged,closed,reason\n";
  for (int i = 0; i < 50; ++i)
    csv += fmt::format("d{},1,{},2/1/2017,2/2/2017,{}\n", i, i % 5 ? "Lost" : "Won", i % 5 || i == 10 ? "price" : "");
  ImportOptions options;
  options.chunk_rows = 20;
  const auto report = good(csv, map, options);
  EXPECT_EQ(report.rows_rejected, 1);
  EXPECT_EQ(report.problems.at(0).row, 12);
  EXPECT_EQ(report.problems.at(0).column, "reason");
  EXPECT_EQ(report.problems.at(0).value, "price");
  EXPECT_EQ(all("deal").size(), 49u);
  EXPECT_EQ(rejected(),
            "\xEF\xBB\xBFproblem_row,problem_column,problem_value,problem,id,amount,stage,engaged,closed,reason\n"
            "12,reason,price," +
                csv_cell(report.problems[0].reason) + ",d10,1,Won,2/1/2017,2/2/2017,price\n");
}

TEST_F(Office, GoesOnAfterEveryPossibleKill) {
  std::string csv = "n,p\n";
  for (int i = 0; i < 30; ++i)
    csv += fmt::format("a{},{}\n", i, i % 7 == 3 ? "nobody" : i % 5 == 0 && i < 25 ? fmt::format("a{}", i + 4) : "");
  const char* map = "[[record]]\ntype = \"account\"\nkey = \"name\"\n[record.fields]\nname = \"n\"\nparent = \"p\"\n";
  ImportOptions options;
  options.chunk_rows = 4;
  const auto whole = good(csv, map, options);
  const std::string whole_rejected = rejected();
  ASSERT_EQ(all("account").size(), 25u);  // four name nobody, a20 one of them
  // Dies on its n-th command: before it is written, or after, its answer lost.
  for (int last = 0; last < 12; ++last)
    for (const bool written : {false, true}) {
      begin("UTC");
      std::filesystem::remove(directory_ + "/rows.rejected.csv");
      int commands = 0;
      ImportHost dying = host();
      dying.submit = [&](Command command) {
        const bool dies = commands++ >= last;
        std::promise<Result<Outcome>> lost;
        if (dies && (!written || commands > last + 1)) {
          lost.set_exception(std::make_exception_ptr(std::runtime_error("killed")));
          return lost.get_future();
        }
        auto answer = writer_->submit(std::move(command));
        if (!dies) return answer;
        answer.wait();
        lost.set_exception(std::make_exception_ptr(std::runtime_error("killed")));
        return lost.get_future();
      };
      const ImportSource source{write("rows.csv", csv), write("map.toml", map)};
      bool killed = false;
      try {
        (void)import_file(dying, source, options);
      } catch (const std::runtime_error&) {
        killed = true;
      }
      const auto report = import_file(host(), source, options);
      if (!killed || !report) {
        // Killed after everything was written, its last answer included: the file counts as imported.
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, Code::duplicate);
      } else {
        EXPECT_EQ(report->rows_done, 30);
        EXPECT_EQ(report->rows_rejected, whole.rows_rejected);
      }
      EXPECT_EQ(all("account").size(), 25u) << "killed at " << last;
      EXPECT_EQ(rejected(), whole_rejected) << "killed at " << last;
    }
}

TEST_F(Office, StopsWhenToldAndGoesOn) {
  std::string csv = "id,name,email\n";
  for (int i = 0; i < 100; ++i) csv += fmt::format("{},N{},\n", i, i);
  ImportOptions options;
  options.chunk_rows = 10;
  options.progress = [](const ImportProgress& progress) { return progress.rows_done < 30; };
  const auto stopped = good(csv, kPeople, options);
  EXPECT_FALSE(stopped.finished);
  EXPECT_EQ(all("member").size(), 30u);
  const auto rest = good(csv, kPeople);
  EXPECT_TRUE(rest.resumed);
  EXPECT_EQ(rest.import, stopped.import);
  EXPECT_EQ(rest.created.at("member"), 70);
  EXPECT_EQ(all("member").size(), 100u);
  EXPECT_EQ(import(csv, kPeople).error().code, Code::duplicate);
  ImportOptions again;
  again.again = true;
  EXPECT_EQ(good(csv, kPeople, again).rows_unchanged, 100);
}

TEST_F(Office, ActivitiesWithTimesInTheirZone) {
  begin("Europe/Berlin");
  const std::string map = R"(
[file]
delimiter = ";"
date = "%d.%m.%Y %H:%M"
[[record]]
type = "activity"
occurred = "when"
[record.fields]
kind = { value = "call" }
subject = { text = "{who}: {what}" }
duration_seconds = "seconds"
)";
  const auto report = good("when;who;what;seconds\n01.07.2024 09:30;Zo\xEB;price;60\n;x;y;\n", map);
  EXPECT_EQ(report.encoding, "windows-1252");
  EXPECT_EQ(report.rows_rejected, 1);
  EXPECT_EQ(report.problems.at(0).column, "when");
  const Record call = all("activity").at(0);
  EXPECT_EQ(to_string(*history(call)[0].occurred_at), "2024-07-01T07:30:00Z");
  EXPECT_EQ(call.body.at("subject"), "Zo\xC3\xAB: price");
}

}  // namespace
}  // namespace traction
