// The API's own description, OpenAPI 3.1, made from the table of routes and the definitions, so that it cannot say what
// the router does not do. Pure, thread-safe. Served by docs.cpp and printed by the command line.
#pragma once

#include <span>
#include <string>

#include "http/route.h"
#include "schema/schema.h"

namespace traction {

// The document for a workspace whose schema (with its own fields) this is, of these routes and those that every router
// has besides.
json::object openapi(std::span<const Route> routes, const Schema& schema);

// The schemas that routes name: for each record type "Deal" (as read), "DealFields", "DealCreate", "DealChange",
// "DealPage" (those of the type `workspace` are called Settings …), and the fixed ones of fixed_components().
json::object components(const Schema& schema);

// What is the same in every workspace: "Written", "Batch", "BatchWritten", "Problem", "Entry", "Timeline",
// "SearchResult", "Answer", "Rows", "Passport", "MetricList", "Job", "JobList", "ImportJob", "UndoImportJob",
// "DemoJob", "Upload", "Workspace", "WorkspaceList", "WorkspaceCreate", "Doctor", "Version" and what they consist of.
json::object fixed_components();

// What the components of a record type begin with: "Deal"; "Settings" for the type `workspace`.
std::string component_name(const RecordType& type);

}  // namespace traction
