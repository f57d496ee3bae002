// Kaplan-Meier: how long things last when some are still going on. Pure; values, one thread at a time. The mart offers
// it to SQL as lifetimes() and survival().
//
// Source: E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958): the
// product-limit estimate S(t) = Π over t_i ≤ t of (1 − d_i / n_i), with d_i ended at t_i and n_i still watched just
// before. What is censored at t_i counts as watched there.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace traction {

// Times in the order of their coming, in blocks that are never moved and that those added up share: a million of them
// are neither copied as they grow nor when what two threads found is put together.
class Times {
 public:
  void add(std::int64_t time) {
    if (blocks_.empty() || blocks_.back().size == blocks_.back().room) grow();
    Block& last = blocks_.back();
    last.times[last.size++] = time;
    ++size_;
  }
  void add(const Times& others);

  std::size_t size() const { return size_; }

  template <class Each>
  void each(const Each& each) const {
    for (const Block& block : blocks_)
      for (std::size_t i = 0; i < block.size; ++i) each(block.times[i]);
  }

 private:
  struct Block {
    std::shared_ptr<std::int64_t[]> times;  // whoever shares it reads the first `size`, which never change
    std::size_t size, room;
  };
  void grow();

  std::vector<Block> blocks_;  // the last is full, or filled by none but this
  std::size_t size_ = 0;
};

// Ended and censored times, each from the shortest up: what a group has gathered, sorted once, from which its own
// quantiles are told and those of several groups together. Never changes; copies share it.
class SortedTimes {
 public:
  SortedTimes(const Times& ended, const Times& censored);
  // Of what bytes() gave; CHECKs that it is that.
  explicit SortedTimes(std::string_view bytes);

  // In a form for this process alone.
  std::string_view bytes() const;

  // Calls `each` with the ended and the censored ones, as spans of distances from least().
  template <class Each>
  void spans(const Each& each) const {
    const auto of = [&]<class Distance>(const Distance* first) {
      each(std::span(first, words_[kEnded]), std::span(first + words_[kEnded], words_[kCensored]));
    };
    const std::uint64_t* first = words_.get() + kHead;
    words_[kWidth] == sizeof(std::uint64_t) ? of(first) : of(reinterpret_cast<const std::uint32_t*>(first));
  }
  std::int64_t least() const { return static_cast<std::int64_t>(words_[kLeast]); }
  std::size_t ended() const { return words_[kEnded]; }
  std::size_t count() const { return words_[kEnded] + words_[kCensored]; }

 private:
  enum Word : std::size_t { kLeast, kEnded, kCensored, kWidth, kHead };  // width: bytes of a distance, 4 or 8

  std::size_t size() const;  // in bytes

  std::shared_ptr<std::uint64_t[]> words_;  // kHead of them, then the distances
};

class Lifetimes {
 public:
  // One that ended after so many seconds, or else was still going on when last seen.
  void add(std::int64_t seconds, bool ended) { (ended ? ended_ : censored_).add(seconds); }
  void add(const Lifetimes& others);
  void add(SortedTimes others) { sorted_.push_back(std::move(others)); }

  SortedTimes sorted() const { return {ended_, censored_}; }  // of those that were added one by one

  std::size_t count() const;  // of all
  std::size_t ended() const;

  // The smallest time t with 1 − S(t) ≥ q for q = 0.5, 0.75 and 0.9; nullopt where that is never reached, and when
  // there is nothing. Linear in how many were added one by one; of sorted ones, in how often an end and a censored time
  // take turns.
  std::array<std::optional<std::int64_t>, 3> quantiles() const;

 private:
  Times ended_, censored_;
  std::vector<SortedTimes> sorted_;
};

}  // namespace traction
