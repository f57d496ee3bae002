// Peers: DuckDB and PostgreSQL with the same data in plain tables, asked the same in SQL written by hand. Each is made
// from the CSV files of Filled, in a folder of its own, and measured by itself: the median of several runs, warm, with
// all rows fetched. Both reckon days, hours and months in the company's zone, as the engine does. PostgreSQL is
// Debian's, in a cluster that is made here and ends with this. One thread.
#pragma once

#include <duckdb.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/text.h"
#include "metrics/asked.h"
#include "metrics/filled.h"
#include "server/child.h"

namespace traction {

struct Peered {
  double ms = 0;
  std::vector<std::vector<std::string>> rows;
};

inline double middle(std::vector<double> all) {
  std::ranges::sort(all);
  return all[all.size() / 2];
}

inline constexpr const char* kPlainTables =
    "CREATE TABLE members (id BIGINT, name VARCHAR); "
    "CREATE TABLE stages (id BIGINT, kind VARCHAR, position INTEGER); "
    "CREATE TABLE deals (id BIGINT, owner BIGINT, product BIGINT, amount BIGINT, inbound BOOLEAN, stage BIGINT, "
    "created_at TIMESTAMPTZ, closed_at TIMESTAMPTZ, outcome VARCHAR); "
    "CREATE TABLE stage_moves (deal BIGINT, seq INTEGER, stage BIGINT, moved_at TIMESTAMPTZ); "
    "CREATE TABLE activities (id BIGINT, kind VARCHAR, direction VARCHAR, outcome VARCHAR, member BIGINT, deal BIGINT, "
    "happened_at TIMESTAMPTZ, duration INTEGER); ";

class DuckdbPeer {
 public:
  explicit DuckdbPeer(const std::string& folder) {
    if (duckdb_open((folder + "/peer.db").c_str(), &database_) != DuckDBSuccess ||
        duckdb_connect(database_, &connection_) != DuckDBSuccess)
      wrong("DuckDB does not open a new file");
    run(fmt::format("SET threads = 2; SET TimeZone = '{}'", Filled::kZone));
    run(kPlainTables);
    for (const auto& [table, file] : {std::pair{"members", "members"},
                                      {"stages", "stages"},
                                      {"deals", "deals"},
                                      {"stage_moves", "moves"},
                                      {"activities", "activities"}})
      run(fmt::format("COPY {} FROM '{}/{}.csv' (HEADER FALSE)", table, folder, file));
    run("CHECKPOINT");
  }
  ~DuckdbPeer() {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
  }
  DuckdbPeer(const DuckdbPeer&) = delete;
  DuckdbPeer& operator=(const DuckdbPeer&) = delete;

  Peered ask(const Asked& asked, int runs) {
    Peered peered;
    std::vector<double> took;
    for (int i = 0; i <= runs; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      peered.rows = run(asked.sql);
      if (i > 0)
        took.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
    peered.ms = middle(took);
    return peered;
  }

 private:
  std::vector<std::vector<std::string>> run(const std::string& sql) {
    duckdb_result result;
    if (duckdb_query(connection_, sql.c_str(), &result) != DuckDBSuccess)
      wrong(fmt::format("DuckDB: {}\nin: {}", duckdb_result_error(&result), sql));
    std::vector<std::vector<std::string>> rows(duckdb_row_count(&result));
    for (idx_t row = 0; row < rows.size(); ++row)
      for (idx_t column = 0; column < duckdb_column_count(&result); ++column) {
        char* text = duckdb_value_varchar(&result, column, row);
        rows[row].emplace_back(text ? text : "");
        duckdb_free(text);
      }
    duckdb_destroy_result(&result);
    return rows;
  }

  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

class PostgresPeer {
 public:
  static constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin";

  explicit PostgresPeer(const std::string& folder) : folder_(folder + "/postgres") {
    if (!std::filesystem::exists(fmt::format("{}/initdb", kPrograms)))
      shell("apt-get install -y --no-install-recommends postgresql-15 >/dev/null");
    std::filesystem::create_directories(folder_);
    std::filesystem::permissions(folder, std::filesystem::perms::others_exec, std::filesystem::perm_options::add);
    if (geteuid() == 0) shell(fmt::format("chown postgres {}", folder_));
    as_owner(fmt::format("{}/initdb -D {}/data -U postgres -A trust -E UTF8 --no-sync >/dev/null", kPrograms, folder_));
    as_owner(fmt::format(
        "{0}/pg_ctl -D {1}/data -w -l {1}/log -o \"-k {1} -c listen_addresses= -c shared_buffers=2GB -c work_mem=256MB "
        "-c effective_cache_size=6GB -c maintenance_work_mem=1GB -c max_wal_size=8GB -c fsync=off -c timezone={2} "
        "-c max_parallel_workers_per_gather=2 -c random_page_cost=1.1\" start >/dev/null",
        kPrograms, folder_, Filled::kZone));
    psql(std::string(kPlainTables), "-q");
    for (const auto& [table, file] : {std::pair{"members", "members"},
                                      {"stages", "stages"},
                                      {"deals", "deals"},
                                      {"stage_moves", "moves"},
                                      {"activities", "activities"}})
      psql(fmt::format("\\copy {} FROM '{}/{}.csv' (FORMAT csv)", table, folder, file), "-q");
    psql(
        "ALTER TABLE members ADD PRIMARY KEY (id); ALTER TABLE stages ADD PRIMARY KEY (id); ALTER TABLE deals ADD "
        "PRIMARY KEY (id); ALTER TABLE stage_moves ADD PRIMARY KEY (deal, seq); ALTER TABLE activities ADD PRIMARY KEY "
        "(id); CREATE INDEX ON activities (happened_at, member); CREATE INDEX ON activities (member, happened_at); "
        "CREATE INDEX ON activities (deal, happened_at) INCLUDE (direction, kind); CREATE INDEX ON stage_moves (stage, "
        "moved_at); CREATE INDEX ON stage_moves (moved_at); CREATE INDEX ON deals (owner, closed_at); CREATE INDEX ON "
        "deals (created_at); CREATE INDEX ON deals (closed_at); CREATE INDEX ON deals (outcome, owner) INCLUDE "
        "(amount);",
        "-q");
    psql("VACUUM ANALYZE", "-q");
  }
  ~PostgresPeer() {
    Child({"bash", "-c", owner(fmt::format("{}/pg_ctl -D {}/data -m immediate stop >/dev/null", kPrograms, folder_))})
        .wait();
  }
  PostgresPeer(const PostgresPeer&) = delete;
  PostgresPeer& operator=(const PostgresPeer&) = delete;

  Peered ask(const Asked& asked, int runs) {
    const std::string& sql = asked.postgres.empty() ? asked.sql : asked.postgres;
    Peered peered;
    for (const std::string& line : psql(sql, "-qAt -F ,")) peered.rows.push_back(split(line, ','));
    std::string script = "\\o /dev/null\n\\timing on\n";
    for (int i = 0; i < runs; ++i) script += sql + ";\n";
    std::vector<double> took;
    for (const std::string& line : psql(script, "-qAt"))
      if (line.starts_with("Time: ")) took.push_back(std::stod(line.substr(6)));
    if (took.empty()) wrong("psql told no times");
    peered.ms = middle(took);
    return peered;
  }

 private:
  static std::string owner(const std::string& command) {
    return geteuid() == 0 ? fmt::format("cd / && setpriv --reuid=postgres --regid=postgres --init-groups {}", command)
                          : command;
  }
  static std::vector<std::string> shell(const std::string& command) {
    Child child({"bash", "-c", command});
    std::vector<std::string> lines;
    while (auto line = child.line()) lines.push_back(std::move(*line));
    if (const int code = child.wait(); code != 0) wrong(fmt::format("code {} from: {}", code, command));
    return lines;
  }
  static void as_owner(const std::string& command) { shell(owner(command)); }

  // The lines that psql prints for a script.
  std::vector<std::string> psql(const std::string& script, const std::string& flags) {
    const std::string path = folder_ + ".sql";
    std::ofstream(path) << script << "\n";
    return shell(fmt::format("psql -X -v ON_ERROR_STOP=1 -h {} -U postgres {} -f {}", folder_, flags, path));
  }

  const std::string folder_;
};

}  // namespace traction
