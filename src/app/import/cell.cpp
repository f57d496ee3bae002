#include "app/import/cell.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <ctime>

#include "base/text.h"

namespace traction {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Result<When> read_declared(const std::string& date_form, const Zone& zone, std::string_view cell) {
  const std::string text(cell);
  std::tm tm{};
  tm.tm_mday = 1;
  const char* end = ::strptime(text.c_str(), date_form.c_str(), &tm);
  if (end == nullptr || end != text.c_str() + text.size())
    return refuse(Code::invalid, "",
                  fmt::format("\"{}\" is not of the declared form \"{}\".", excerpt(cell), date_form));
  const auto day =
      make_date(tm.tm_year + 1900, static_cast<unsigned>(tm.tm_mon + 1), static_cast<unsigned>(tm.tm_mday));
  if (!day) return refuse(day);
  When when{*day, std::nullopt};
  const auto has = [&](const char* part) { return date_form.find(part) != std::string::npos; };
  if (!has("%H") && !has("%I") && !has("%T") && !has("%R")) return when;
  const std::int32_t second = tm.tm_hour * 3600 + tm.tm_min * 60 + std::min(tm.tm_sec, 59);
  if (has("%z")) {
    const std::int64_t utc = std::int64_t{day->days} * kDay + (second - tm.tm_gmtoff) * kSecond;
    when.moment = Instant{utc};
    when.day = zone.day(*when.moment);
  } else {
    when.moment = zone.at(*day, second);
  }
  return when;
}

}  // namespace

std::string_view plain_cell(const CellForm& form, std::string_view cell) {
  std::string_view text = trim(cell);
  if (!form.values.empty()) {
    const auto found = form.values.find(text);
    if (found != form.values.end()) text = found->second;
  }
  return form.empty.contains(text) ? std::string_view() : text;
}

Result<std::string> plain_number(const CellForm& form, std::string_view cell) {
  std::string plain;
  plain.reserve(cell.size());
  const std::size_t point = std::min(cell.find(form.decimal), cell.size());
  const std::size_t first_mark = form.grouping == 0 ? std::string_view::npos : cell.find(form.grouping);
  for (std::size_t i = 0; i < cell.size(); ++i) {
    const char c = cell[i];
    if (form.grouping != 0 && c == form.grouping) {
      // Groups are counted from the decimal mark: three digits each, before the first one one to three.
      const std::size_t sign = cell.starts_with('-') ? 1 : 0;
      const bool placed =
          i > sign && i < point && is_digit(cell[i - 1]) && (point - i) % 4 == 0 && first_mark <= sign + 3;
      if (!placed)
        return refuse(Code::invalid, "",
                      fmt::format("\"{}\" has '{}' where no group of three digits begins; the mapping says that '{}' "
                                  "groups digits and '{}' is the decimal mark.",
                                  excerpt(cell), c, form.grouping, form.decimal));
    } else if (c == form.decimal) {
      plain += '.';
    } else if (c == '.' || c == ',') {
      return refuse(
          Code::invalid, "",
          fmt::format("\"{}\" has '{}', but the mapping says that '{}' is the decimal mark{}. Mend the value, or "
                      "declare decimal and grouping for this column.",
                      excerpt(cell), c, form.decimal, form.grouping == 0 ? " and digits are not grouped" : ""));
    } else {
      if (first_mark < i && i < point && is_digit(c) && (point - i) % 4 == 0)
        return refuse(Code::invalid, "",
                      fmt::format("\"{}\" groups some of its digits and not others.", excerpt(cell)));
      plain += c;
    }
  }
  return plain;
}

bool is_iso(std::string_view cell) { return parse_date(cell).has_value() || parse_instant(cell).has_value(); }

Result<When> read_when(const CellForm& form, const Zone& zone, std::string_view cell) {
  if (!form.date.empty()) return read_declared(form.date, zone, cell);
  if (const auto day = parse_date(cell)) return When{*day, std::nullopt};
  const auto moment = parse_instant(cell);
  if (!moment) return refuse(moment);
  return When{zone.day(*moment), *moment};
}

Result<Instant> read_instant(const CellForm& form, const Zone& zone, std::string_view cell) {
  const auto when = read_when(form, zone, cell);
  if (!when) return refuse(when);
  return when->moment ? *when->moment : zone.start_of(when->day);
}

Result<json::value> read_cell(const CellForm& form, const Zone& zone, const Field& field, std::string_view cell,
                              std::string_view currency) {
  if (cell.empty()) return json::value(nullptr);
  switch (field.type) {
    case FieldType::date: {
      const auto when = read_when(form, zone, cell);
      if (!when) return refuse(when);
      return json::value(to_string(when->day));
    }
    case FieldType::instant: {
      const auto instant = read_instant(form, zone, cell);
      if (!instant) return refuse(instant);
      return json::value(instant->micros);
    }
    case FieldType::money:
    case FieldType::decimal:
    case FieldType::integer:
    case FieldType::duration: {
      const auto number = plain_number(form, cell);
      if (!number) return refuse(number);
      return from_text(field, *number, currency);
    }
    default:
      return from_text(field, cell, currency);
  }
}

std::string likely_date_forms(std::string_view cell) {
  const Zone* utc = *Zone::find("UTC");
  std::vector<std::string> fitting;
  for (const char* date : {"%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y%m%d", "%d %b %Y",
                           "%b %d, %Y", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M",
                           "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"}) {
    CellForm form;
    form.date = date;
    if (read_when(form, *utc, cell)) fitting.push_back(fmt::format("\"{}\"", date));
  }
  std::string joined;
  for (const std::string& form : fitting) joined += (joined.empty() ? "" : " or ") + form;
  return joined;
}

}  // namespace traction
