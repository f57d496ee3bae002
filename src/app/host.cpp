#include "app/host.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace traction {
namespace {

tl::unexpected<Refusal> being_made(Code code, const std::string& name) {
  return refuse(code, "workspace",
                fmt::format("The workspace \"{}\" is just being made. Ask again when that is done.", name));
}

}  // namespace

Hosted::Hosted(std::unique_ptr<Workspace> workspace, bool follow)
    : workspace_(std::move(workspace)), applier_(follow ? std::make_unique<Applier>(*workspace_) : nullptr) {}

Result<std::unique_ptr<Host>> Host::open(const std::string& path, std::shared_ptr<const Definitions> definitions,
                                         HostOptions options, Clock& clock, Random& random) {
  auto directory = Directory::open(path, options.create, clock, random);
  if (!directory) return refuse(directory);
  return std::unique_ptr<Host>(new Host(std::move(*directory), std::move(definitions), options, clock));
}

Host::Host(std::unique_ptr<Directory> directory, std::shared_ptr<const Definitions> definitions, HostOptions options,
           Clock& clock)
    : directory_(std::move(directory)),
      definitions_(std::move(definitions)),
      options_(options),
      clock_(clock),
      jobs_(clock) {}

Host::~Host() = default;

Result<std::shared_ptr<Hosted>> Host::workspace(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return open_one(name);
}

Result<std::shared_ptr<Hosted>> Host::usual_workspace() {
  const std::lock_guard lock(mutex_);
  if (usual_) return usual_;
  const std::vector<std::string> names = directory_->workspaces();
  const bool usual = std::ranges::find(names, "default") != names.end();
  if (!usual && names.empty())
    return refuse(Code::not_found, "workspace", "There is no workspace yet. Make one with POST /api/v1/workspaces.");
  if (!usual && names.size() > 1)
    return refuse(Code::required, "workspace",
                  fmt::format("Say which workspace you mean: ?workspace=NAME. There are {}.", enumerate(names)));
  auto found = open_one(usual ? "default" : names.front());
  if (found) usual_ = *found;
  return found;
}

Result<std::shared_ptr<Hosted>> Host::open_one(const std::string& name) {
  if (const auto found = open_.find(name); found != open_.end()) return found->second;
  if (making_.contains(name)) return being_made(Code::not_found, name);
  auto opened = directory_->workspace(name, definitions_);
  if (!opened) return refuse(opened);
  return open_[name] = std::make_shared<Hosted>(std::move(*opened), options_.follow);
}

Result<std::shared_ptr<Hosted>> Host::create(const std::string& name, json::object settings,
                                             const Directory::Fill& fill) {
  {
    const std::lock_guard lock(mutex_);
    if (!making_.insert(name).second) return being_made(Code::duplicate, name);
  }
  // Filling it may take long; others are opened meanwhile.
  const std::shared_ptr<void> making(nullptr, [&](void*) {
    const std::lock_guard lock(mutex_);
    making_.erase(name);
  });
  auto made = directory_->create(name, definitions_, std::move(settings), fill);
  if (!made) return refuse(made);
  auto hosted = std::make_shared<Hosted>(std::move(*made), options_.follow);
  const std::lock_guard lock(mutex_);
  usual_.reset();
  return open_[name] = std::move(hosted);
}

std::vector<std::shared_ptr<Hosted>> Host::open_workspaces() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Hosted>> all;
  for (const auto& [name, hosted] : open_) all.push_back(hosted);
  return all;
}

}  // namespace traction
