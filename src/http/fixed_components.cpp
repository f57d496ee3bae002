// The schemas that are the same in every workspace, written as what they are.
#include "base/check.h"
#include "http/openapi.h"

namespace traction {
namespace {

constexpr std::string_view kText = R"json({
"Problem": {
  "description": "What went wrong, as RFC 9457 problem details. `type` leads to a page that explains the code.",
  "type": "object",
  "required": ["type", "title", "status", "code", "field", "detail"],
  "properties": {
    "type": {"type": "string", "format": "uri-reference", "examples": ["/docs/problems#stale"]},
    "title": {"type": "string"},
    "status": {"type": "integer", "minimum": 400, "maximum": 599},
    "code": {
      "description": "For programs. Never changes its meaning.",
      "enum": ["invalid", "required", "unknown", "not_found", "stale", "duplicate", "key_reused", "rule", "forbidden", "busy", "damaged", "too_large", "malformed", "method_not_allowed", "timeout", "in_flight", "media_type", "wrong_host", "version_required", "header_too_large", "internal", "unavailable", "unknown_outcome", "disk_full", "range"]
    },
    "field": {"type": "string", "description": "The place: a field, a parameter, \"actions[2].fields.stage\"; may be empty."},
    "detail": {"type": "string", "description": "What happened, why and what to do, for a person."}
  },
  "additionalProperties": false
},
"Id": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 9223372036854775807, "description": "The id of a record."},
"Sequence": {"type": "integer", "format": "int64", "minimum": 0, "maximum": 9223372036854775807, "description": "The place of an entry in the workspace's ledger."},
"RecordVersion": {"type": "integer", "format": "int64", "minimum": 1, "maximum": 9223372036854775807, "description": "The sequence number of a record's last entry."},
"OccurredAt": {
  "description": "When it happened in the world, if not now; \"unknown\" when nobody knows.",
  "anyOf": [{"type": "string", "format": "date-time"}, {"const": "unknown"}]
},
"ClientRef": {"type": "string", "minLength": 1, "maxLength": 200, "description": "A name of the client's own for the record, unique in the workspace; accepted wherever an id is, as `ref:NAME`."},
"Reference": {
  "description": "A record: its id, or an object with the `client_ref` it was created with.",
  "anyOf": [
    {"$ref": "#/components/schemas/Id"},
    {"type": "object", "required": ["ref"], "properties": {"ref": {"$ref": "#/components/schemas/ClientRef"}}, "additionalProperties": false}
  ]
},
"Hours": {
  "description": "Working hours of a weekday, ascending and apart.",
  "type": "array", "maxItems": 24,
  "items": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"}}
},
"Calendar": {
  "description": "Working hours per weekday and days off. A weekday that is left out is closed.",
  "type": "object",
  "properties": {
    "monday": {"$ref": "#/components/schemas/Hours"},
    "tuesday": {"$ref": "#/components/schemas/Hours"},
    "wednesday": {"$ref": "#/components/schemas/Hours"},
    "thursday": {"$ref": "#/components/schemas/Hours"},
    "friday": {"$ref": "#/components/schemas/Hours"},
    "saturday": {"$ref": "#/components/schemas/Hours"},
    "sunday": {"$ref": "#/components/schemas/Hours"},
    "holidays": {"type": "array", "maxItems": 10000, "items": {"type": "string", "format": "date"}}
  },
  "additionalProperties": false
},
"Written": {
  "description": "What a write came to.",
  "type": "object",
  "required": ["id", "type", "version", "sequence"],
  "properties": {
    "id": {"$ref": "#/components/schemas/Id"},
    "type": {"type": "string"},
    "version": {"$ref": "#/components/schemas/RecordVersion"},
    "sequence": {"$ref": "#/components/schemas/Sequence"}
  },
  "additionalProperties": false
},
"Into": {
  "type": "object",
  "required": ["into"],
  "properties": {
    "into": {"$ref": "#/components/schemas/Reference", "description": "The record that stays."},
    "occurred_at": {"$ref": "#/components/schemas/OccurredAt"}
  },
  "additionalProperties": false
},
"BatchWritten": {
  "type": "object",
  "required": ["actions", "sequence"],
  "properties": {
    "actions": {
      "description": "What each action came to, in order.",
      "type": "array",
      "items": {
        "type": "object",
        "required": ["id", "version"],
        "properties": {"id": {"$ref": "#/components/schemas/Id"}, "version": {"$ref": "#/components/schemas/RecordVersion"}},
        "additionalProperties": false
      }
    },
    "sequence": {"$ref": "#/components/schemas/Sequence"}
  },
  "additionalProperties": false
},
"Entry": {
  "description": "One immutable line of the ledger.",
  "type": "object",
  "required": ["seq", "kind", "recorded_at", "occurred_at", "actor", "origin", "erased", "fields"],
  "properties": {
    "seq": {"$ref": "#/components/schemas/Sequence"},
    "kind": {"enum": ["created", "changed", "deleted", "restored", "merged", "unmerged", "erased"]},
    "recorded_at": {"type": "string", "format": "date-time"},
    "occurred_at": {"type": ["string", "null"], "format": "date-time", "description": "Null where it is not known."},
    "actor": {"type": "integer", "format": "int64", "minimum": 0, "description": "The member who did it; 0 = nobody in particular."},
    "origin": {"type": "integer", "format": "int64", "minimum": 0, "description": "The import that brought it; 0 = none."},
    "erased": {"type": "boolean", "description": "Its personal values were destroyed."},
    "fields": {"type": "object", "description": "The fields it set; null where it cleared one."}
  },
  "additionalProperties": false
},
"TimelineItem": {
  "description": "An entry of the record itself, or an activity that refers to it.",
  "type": "object",
  "required": ["kind", "at"],
  "properties": {
    "kind": {"enum": ["entry", "activity"]},
    "at": {"type": ["string", "null"], "format": "date-time", "description": "When it happened or is due; null where nobody knows."},
    "entry": {"$ref": "#/components/schemas/Entry"},
    "activity": {"$ref": "#/components/schemas/Activity"}
  },
  "additionalProperties": false
},
"Timeline": {
  "description": "What happened to a record and around it, newest first; what has no known time comes last.",
  "type": "object",
  "required": ["items", "next"],
  "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/TimelineItem"}},
    "next": {"$ref": "#/components/schemas/Next"}
  },
  "additionalProperties": false
},
"Next": {"type": "string", "description": "Give it as `cursor` for the page after this one; \"\" at the end."},
"SearchResult": {
  "type": "object",
  "required": ["records"],
  "properties": {"records": {"type": "array", "items": {"$ref": "#/components/schemas/AnyRecord"}}},
  "additionalProperties": false
},
"Unit": {"enum": ["count", "rate", "ratio", "money", "seconds", "days", "months", "verdict"]},
"Value": {
  "type": "object",
  "required": ["standing", "number"],
  "properties": {
    "standing": {"enum": ["value", "empty", "too_few", "not_reached", "met"], "description": "Whether it is a number: nothing to count, fewer cases than the metric's smallest n, a quantile that is never reached, a goal that is met already."},
    "number": {"type": ["number", "null"], "description": "Money in minor units, durations in seconds."},
    "minor": {"type": "integer", "format": "int64", "description": "A sum of money, exactly."},
    "low": {"type": "number", "description": "95 % interval: Wilson's of a rate, that of chance around a number with a target."},
    "high": {"type": "number"},
    "band": {"enum": ["under", "maintaining", "over"], "description": "Where it stands to its target, as far as chance lets it be told."}
  },
  "additionalProperties": false
},
"AnswerRow": {
  "type": "object",
  "required": ["keys", "labels", "values", "n"],
  "properties": {
    "keys": {"type": "array", "items": {"type": "string"}, "description": "One per `by`: ids or values."},
    "labels": {"type": "array", "items": {"type": "string"}, "description": "The same for people."},
    "currency": {"type": "string"},
    "values": {"type": "array", "items": {"$ref": "#/components/schemas/Value"}, "description": "One per column."},
    "n": {"type": "integer", "format": "int64", "minimum": 0, "description": "Cases behind the row."},
    "numerator": {"type": "number"},
    "denominator": {"type": "number"},
    "compared": {"type": "array", "items": {"$ref": "#/components/schemas/Value"}, "description": "The same columns for the period compared with."}
  },
  "additionalProperties": false
},
"Passport": {
  "description": "What every number carries with it.",
  "type": "object",
  "required": ["name", "label", "unit", "about", "formula", "version", "better", "source", "zone", "period", "at", "as_of", "smallest_n", "parts", "filters", "grouped", "settings", "left_out"],
  "properties": {
    "name": {"type": "string"},
    "label": {"type": "string"},
    "unit": {"$ref": "#/components/schemas/Unit"},
    "about": {"type": "string"},
    "formula": {"type": "string"},
    "version": {"type": "integer", "minimum": 1},
    "parts": {"type": "array", "items": {"type": "string"}, "description": "The metrics its formula comes down to, each with its version."},
    "better": {"enum": ["more", "less", "neither"]},
    "source": {"type": "string"},
    "zone": {"type": "string"},
    "period": {"type": "string"},
    "at": {"type": "string", "format": "date-time"},
    "as_of": {"$ref": "#/components/schemas/Sequence"},
    "as_of_at": {"type": "string", "description": "The instant whose knowledge was asked for; absent when none was."},
    "smallest_n": {"type": "integer", "minimum": 0},
    "target": {"type": "number", "description": "What its numbers are held to; absent when to nothing."},
    "compared": {"type": "string"},
    "currency_rule": {"type": "string"},
    "filters": {"type": "array", "items": {"type": "string"}},
    "grouped": {"type": "array", "items": {"type": "string"}},
    "settings": {"type": "array", "items": {"type": "string"}},
    "left_out": {"type": "array", "items": {"type": "string"}}
  },
  "additionalProperties": false
},
"Answer": {
  "description": "A metric's numbers with the definition they rest on.",
  "type": "object",
  "required": ["metric", "definition", "by", "columns", "rows", "total"],
  "properties": {
    "metric": {"type": "string"},
    "definition": {"$ref": "#/components/schemas/Passport"},
    "by": {"type": "array", "items": {"type": "string"}},
    "columns": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["name", "unit"],
        "properties": {"name": {"type": "string"}, "unit": {"$ref": "#/components/schemas/Unit"}},
        "additionalProperties": false
      }
    },
    "rows": {"type": "array", "items": {"$ref": "#/components/schemas/AnswerRow"}},
    "total": {"description": "Over all cases; null without keys, for a table, and where rows are of several currencies.", "anyOf": [{"$ref": "#/components/schemas/AnswerRow"}, {"type": "null"}]},
    "trends": {"type": "array", "items": {"$ref": "#/components/schemas/Trend"}, "description": "With a grain, of metrics that tell one: per combination of keys and currency."}
  },
  "additionalProperties": false
},
"Trend": {
  "description": "Whether a number grows over whole periods: the line through them, level where its interval holds 0.",
  "type": "object",
  "required": ["labels", "way", "periods"],
  "properties": {
    "labels": {"type": "array", "items": {"type": "string"}, "description": "One per `by`."},
    "currency": {"type": "string"},
    "way": {"enum": ["too_few", "falling", "level", "growing"], "description": "Fewer than 6 periods tell nothing."},
    "rise": {"type": "number", "description": "A period, in the unit of the metric (money in minor units)."},
    "low": {"type": "number", "description": "95 % interval of the rise."},
    "high": {"type": "number"},
    "periods": {"type": "integer", "minimum": 0}
  },
  "additionalProperties": false
},
"Rows": {
  "description": "The very cases that were counted.",
  "type": "object",
  "required": ["columns", "rows", "more"],
  "properties": {
    "columns": {"type": "array", "items": {"type": "string"}},
    "rows": {"type": "array", "items": {"type": "object", "additionalProperties": {"type": "string"}}},
    "more": {"type": "boolean", "description": "There are more than the limit let through."}
  },
  "additionalProperties": false
},
"Metric": {
  "type": "object",
  "required": ["name", "label", "unit", "kind", "better", "by", "columns", "about", "source", "version", "compares", "trend", "own"],
  "properties": {
    "name": {"type": "string"},
    "label": {"type": "string"},
    "unit": {"$ref": "#/components/schemas/Unit"},
    "kind": {"enum": ["base", "state", "derived", "distribution", "duration", "table"]},
    "better": {"enum": ["more", "less", "neither"]},
    "by": {"type": "array", "items": {"type": "string"}, "description": "How it is grouped when nothing is asked."},
    "columns": {"type": "string", "description": "Names of its columns, where it has several."},
    "about": {"type": "string"},
    "source": {"type": "string"},
    "version": {"type": "integer", "minimum": 1},
    "compares": {"type": "boolean", "description": "It can be asked beside another period; what looks back by itself cannot."},
    "trend": {"type": "boolean", "description": "By a grain it is told whether it grows."},
    "own": {"type": "boolean", "description": "The workspace defined it itself."}
  },
  "additionalProperties": false
},
"KeyMetrics": {
  "type": "object",
  "required": ["metrics", "from", "record"],
  "properties": {
    "metrics": {"type": "array", "items": {"type": "string"}, "description": "Names, in the order chosen."},
    "from": {"enum": ["member", "team", "workspace"], "description": "Whose choice it is."},
    "record": {"$ref": "#/components/schemas/Id"}
  },
  "additionalProperties": false
},
"MetricList": {
  "type": "object",
  "required": ["metrics"],
  "properties": {"metrics": {"type": "array", "items": {"$ref": "#/components/schemas/Metric"}}},
  "additionalProperties": false
}
})json";

constexpr std::string_view kKeeping = R"json({
"Upload": {
  "type": "object",
  "required": ["upload", "bytes"],
  "properties": {
    "upload": {"type": "string", "description": "Names the file to the job that takes it."},
    "bytes": {"type": "integer", "format": "int64", "minimum": 0}
  },
  "additionalProperties": false
},
"ImportJob": {
  "type": "object",
  "required": ["files"],
  "properties": {
    "files": {
      "type": "array", "minItems": 1, "maxItems": 100,
      "items": {
        "type": "object",
        "required": ["upload", "mapping"],
        "properties": {
          "upload": {"type": "string", "minLength": 1, "maxLength": 200},
          "name": {"type": "string", "minLength": 1, "maxLength": 200, "description": "The file's name, for people."},
          "mapping": {
            "description": "The name of a mapping that comes with Traction, or one of your own (docs/import.md).",
            "anyOf": [
              {"type": "string", "minLength": 1, "maxLength": 200},
              {"type": "object", "required": ["toml"], "properties": {"toml": {"type": "string", "maxLength": 100000}}, "additionalProperties": false}
            ]
          }
        },
        "additionalProperties": false
      }
    },
    "dry_run": {"type": "boolean", "description": "Check every row, write nothing."},
    "again": {"type": "boolean", "description": "Import a file that was imported before."}
  },
  "additionalProperties": false
},
"UndoImportJob": {
  "type": "object",
  "required": ["import"],
  "properties": {"import": {"$ref": "#/components/schemas/Id"}},
  "additionalProperties": false
},
"DemoJob": {
  "type": "object",
  "properties": {
    "workspace": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,59}$", "description": "A new workspace to put it in; \"demo\" unless given."},
    "reps": {"type": "integer", "minimum": 8, "maximum": 2000},
    "months": {"type": "integer", "minimum": 3, "maximum": 240},
    "activities": {"type": "integer", "format": "int64", "minimum": 2000, "maximum": 50000000},
    "seed": {"type": "integer", "format": "int64", "minimum": 0}
  },
  "additionalProperties": false
},
"Job": {
  "description": "Long work that can be watched and stopped.",
  "type": "object",
  "required": ["id", "kind", "workspace", "standing", "step", "done", "total", "per_second", "seconds_left", "asked_at", "ended_at", "result", "problem", "files"],
  "properties": {
    "id": {"type": "integer", "format": "int64", "minimum": 1},
    "kind": {"enum": ["import", "undo-import", "verify", "rebuild", "backup", "demo"]},
    "workspace": {"type": "string", "description": "\"\" = of the whole data directory."},
    "standing": {"enum": ["waiting", "running", "done", "failed", "stopped"]},
    "step": {"type": "string"},
    "done": {"type": "integer", "format": "int64"},
    "total": {"type": "integer", "format": "int64"},
    "per_second": {"type": "number"},
    "seconds_left": {"type": "number"},
    "asked_at": {"type": "string", "format": "date-time"},
    "ended_at": {"type": ["string", "null"], "format": "date-time"},
    "result": {"type": ["object", "null"], "description": "What it came to; depends on the kind."},
    "problem": {"anyOf": [{"$ref": "#/components/schemas/Problem"}, {"type": "null"}]},
    "files": {"type": "array", "items": {"type": "string"}, "description": "What it made: to be fetched at /api/v1/jobs/{id}/file."}
  },
  "additionalProperties": false
},
"JobList": {
  "type": "object",
  "required": ["jobs"],
  "properties": {"jobs": {"type": "array", "items": {"$ref": "#/components/schemas/Job"}}},
  "additionalProperties": false
},
"Workspace": {
  "type": "object",
  "required": ["workspace", "created_at"],
  "properties": {
    "workspace": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time"}
  },
  "additionalProperties": false
},
"WorkspaceList": {
  "type": "object",
  "required": ["workspaces"],
  "properties": {"workspaces": {"type": "array", "items": {"$ref": "#/components/schemas/Workspace"}}},
  "additionalProperties": false
},
"Doctor": {
  "type": "object",
  "required": ["findings"],
  "properties": {
    "findings": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["health", "what", "found", "advice"],
        "properties": {
          "health": {"enum": ["ok", "warning", "BAD"]},
          "what": {"type": "string"},
          "found": {"type": "string"},
          "advice": {"type": "string"}
        },
        "additionalProperties": false
      }
    }
  },
  "additionalProperties": false
},
"OpenApi": {"type": "object", "required": ["openapi", "info", "paths"]},
"Version": {
  "description": "Versions of Traction and of its parts.",
  "type": "object",
  "additionalProperties": {"type": "string"}
}
})json";

}  // namespace

json::object fixed_components() {
  json::object all;
  for (const std::string_view text : {kText, kKeeping}) {
    const Result<json::value> part = parse_json(text);
    CHECK(part && part->is_object());
    for (const auto& [name, schema] : part->get_object()) CHECK(all.emplace(name, schema).second);
  }
  return all;
}

}  // namespace traction
