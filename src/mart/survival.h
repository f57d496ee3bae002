// Kaplan-Meier: how long things last when some are still going on. Pure; a value, one thread at a time. The mart offers
// it to SQL as survival().
//
// Source: E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", JASA 53 (1958): the
// product-limit estimate S(t) = Π over t_i ≤ t of (1 − d_i / n_i), with d_i ended at t_i and n_i still watched just
// before. What is censored at t_i counts as watched there.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
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

class Lifetimes {
 public:
  // One that ended after so many seconds, or else was still going on when last seen.
  void add(std::int64_t seconds, bool ended) { (ended ? ended_ : censored_).add(seconds); }
  void add(const Lifetimes& others);

  // The smallest time t with 1 − S(t) ≥ q for q = 0.5, 0.75 and 0.9; nullopt where that is never reached, and when
  // there is nothing. Linear in how many there are.
  std::array<std::optional<std::int64_t>, 3> quantiles() const;

 private:
  Times ended_, censored_;
};

}  // namespace traction
