// MetricReader: one [[metric]] block read and checked against facts and schema. How a metric stands among others is
// checked later (check.h). In two files: what a metric is and counts (load.cpp), and the columns it has
// (load_columns.cpp). Internal to metrics/. Not thread-safe; one per block.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "metrics/metric.h"
#include "schema/toml.h"

namespace traction {

inline const std::vector<std::string> kUnits = {"count",   "rate", "ratio",  "money",
                                                "seconds", "days", "months", "verdict"};

inline bool has(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

class MetricReader {
 public:
  MetricReader(const std::string& path, const toml::table& block, std::span<const FactDefinition> facts,
               const Schema& schema)
      : table_(path, block), facts_(facts), schema_(schema) {
    metric_.place = fmt::format("{}:{}", path, block.source().begin.line);
  }

  // The metric, or the first mistake in it.
  Result<MetricDefinition> read();

 private:
  void wrong(std::string_view key, std::string sentence, Code code = Code::invalid);
  void one_of(std::string_view key, const std::string& given, const std::vector<std::string>& known);
  bool find_fact();
  const FactColumn* need_column(std::string_view key, const std::string& column);
  void conditions(std::string_view key, const json::value& given, bool negate, std::vector<Condition>& out);
  void remarks(std::string_view key, const json::value& given, std::vector<Remark>& out);
  void check_time();
  void read_dimensions(const json::value& given);
  void read_old_enough(const json::value& given);
  void read_clock(const std::string& clock);
  void read_held_against(std::string_view key, const json::value& given, Yardstick::As as);
  void check_settings();
  void read_empty(const json::value& given);
  // A formula beside the metric's own.
  void read_beside(std::string_view key, const std::string& words, std::optional<Formula>& out);
  void read_target(const json::value& given);
  void check_trend();
  void read_cycle(const json::value& given);
  void check_regardless();

  void add(std::string column_name, std::string unit, Measure measure, std::vector<Condition> when = {});
  void add_formula(std::string column_name, std::string unit, const std::string& words, std::string_view key);
  // The column that is summed or whose distribution is asked, fit for the metric's unit.
  void measured(const std::string& column);
  // True for a number of the fact that fits the unit.
  bool summable(std::string_view key, const std::string& column, std::string_view unit);
  void read_columns(const json::value& columns, const json::value& share);
  void read_value(const json::value& share);
  void read_measure(const json::value& column);
  // The columns of a table without a fact: other metrics, asked the same.
  void read_metric_columns(const json::value& columns);
  void read_table_column(const json::value& given);
  void read_sum(const std::string& column_name, const std::string& unit, const std::string& summed,
                const json::object& given);

  TomlTable table_;
  std::span<const FactDefinition> facts_;
  const Schema& schema_;
  const FactDefinition* fact_ = nullptr;
  MetricDefinition metric_;
};

}  // namespace traction
