// The story of the demo company: lives through its days one after the other and hands every event to Bulk in the order
// of the world. Internal to demo.cpp. Not thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "app/bulk.h"
#include "app/demo/cast.h"
#include "app/demo/demo.h"
#include "app/demo/fate.h"
#include "app/demo/tally.h"

namespace traction::demo {

class Story {
 public:
  Story(Bulk& bulk, const DemoOptions& options, Date from, Date to, const Zone& zone, const Calendar& calendar,
        std::function<void(std::int64_t, std::int64_t)> progress);

  // Everything from the first day to the last; `settings` is written first unless empty.
  DemoReport tell(const json::object& settings);

 private:
  struct Person {
    Id contact = 0, account = 0;
    std::size_t sector = 0;
    std::size_t account_name = 0;  // place in account_names_
  };
  struct Deal {
    Id id = 0;
    Person person;
    Fate fate;
    Instant created;
    Instant since;  // in this stage
    int stage = 0;
    std::size_t next = 0;     // step
    std::size_t rep = 0;      // who owns it
    std::size_t creator = 0;  // who owned it when it was created
    std::size_t product = 0, source = 0;
    std::int64_t list_minor = 0;
    std::size_t place = 0;  // in its owner's open deals, when `open`
    int closes = 0;
    bool open = false, live = false, renewal = false, qualified = false, proposed = false;
    Instant reopened;
  };
  struct Event {
    Instant at;
    std::uint64_t order = 0;
    std::size_t deal = 0;
    // The earliest on top of a priority queue; equal times in the order they were planned.
    bool operator<(const Event& other) const {
      return std::pair(at.micros, order) > std::pair(other.at.micros, other.order);
    }
  };
  // Something that begins on a given day: a lead, a deal a rep finds, a bit of everyday work, a rep's coaching.
  enum class Kind { lead, found, work, coaching };
  struct Beginner {
    Instant at;
    Kind kind;
    std::size_t rep;
  };

  // demo_story.cpp: the company and its days.
  void found_company(const json::object& settings);
  void first_of_month(Date day);
  void day(Date day);
  void staff(Date day);
  void leave(std::size_t leaver, Instant at);
  void begin(const Beginner& beginner);
  void step(std::size_t index);
  std::size_t active_rep();
  void measure_season();

  // demo_deals.cpp: what becomes of a deal.
  void create_deal(Instant at, std::size_t rep, bool inbound);
  void create_renewal(const Deal& won, Instant at);
  std::size_t keep(Deal deal);
  void move(Deal& deal, const Step& step);
  void closed(Deal& deal, const Step& step, bool won);
  void set_open(std::size_t index, bool open);
  void release(std::size_t index);
  bool mature(const Deal& deal) const;

  // demo_work.cpp: people, and what is done with them.
  Id write(std::string_view type, json::object fields, Instant at, Id actor);
  void change(std::string_view type, Id id, json::object fields, Instant at, Id actor);
  Person meet(Instant at, std::size_t rep, Id actor);
  void work(Instant at, std::size_t rep);
  void call(Instant at, std::size_t rep, const Person& person, Id deal);
  void email(Instant at, std::size_t rep, const Person& person, Id deal, bool inbound);
  void activity(Instant at, Id actor, const Person& person, Id deal, json::object fields);
  std::string_view subject();

  Bulk& bulk_;
  const DemoOptions options_;
  const WorkTime work_;
  const Timeline time_;
  Dice dice_;
  std::function<void(std::int64_t, std::int64_t)> progress_;

  std::vector<Rep> reps_;
  std::vector<std::vector<Person>> books_;            // by rep: whom to call
  std::vector<std::vector<std::size_t>> open_deals_;  // by rep: places in deals_
  std::vector<double> pace_;                          // running sum over active reps
  std::vector<std::size_t> active_;
  std::array<Id, kTeams.size()> teams_{}, managers_{};
  std::array<Id, kStages> stages_{};
  std::array<Id, kRenewalForms.size()> renewal_stages_{};
  std::array<Id, kProducts.size()> products_{};
  std::array<Id, kSources.size()> campaigns_{};
  std::vector<Person> accounts_;  // contact = 0
  std::vector<std::string> account_names_;

  std::vector<Deal> deals_;
  std::vector<std::size_t> free_;
  std::priority_queue<Event> events_;
  std::uint64_t order_ = 0;
  std::vector<Beginner> beginners_;

  double lead_weight_ = 0, found_weight_ = 0, work_weight_ = 0;  // of the whole history
  double leads_due_ = 0, found_due_ = 0, work_due_ = 0;          // shares of it that have passed
  std::int64_t leads_begun_ = 0, found_begun_ = 0;
  std::array<std::int64_t, 12> leads_by_month_{}, days_by_month_{};
  std::array<double, 12> weight_by_month_{};

  Tally tally_;
  DemoReport report_;
};

}  // namespace traction::demo
