// The right to be a virtual processor: held by at most one thread at a time. One word.
//
// A thread that has waited may reserve a taken token; then nobody else can take it when it is given back. So a waiter
// gets it next, however fast others come and go and however long its thread takes to wake up.
// The word counts, so that a waiter can tell whether the turn it saw has ended (the grace period of synchronize()).
// Not here: which thread holds it, how to wait (irql.cpp).
#pragma once

#include <atomic>
#include <cstdint>

namespace ndispool::machine {

class alignas(64) Token {
  public:
    // Partners: acquire with the release in give(), so holders see each other's work, and with the release in turn(),
    // so a holder sees what was written before a grace period that did not see it. seq_cst on the failing load too, so
    // that a listener of the bell that is rung after give() cannot miss it (bell.h).
    bool try_take(bool with_reservation) noexcept {
        std::uint64_t seen = word_.load(std::memory_order_seq_cst);
        return (seen & (taken | reserved)) == (with_reservation ? reserved : 0) &&
               word_.compare_exchange_strong(seen, (seen & ~reserved) + taken, std::memory_order_seq_cst);
    }

    // Every change of the word is a read-modify-write, so the release here reaches all later takers and ended().
    void give() noexcept { word_.fetch_add(taken, std::memory_order_seq_cst); }

    // True: the caller has the reservation, and uses it in try_take() or drops it.
    bool reserve() noexcept { return (word_.fetch_or(reserved, std::memory_order_seq_cst) & reserved) == 0; }
    void drop_reservation() noexcept { word_.fetch_and(~reserved, std::memory_order_seq_cst); }

    // A read-modify-write though it changes nothing. Either a taker's exchange comes after it, and sees what the caller
    // wrote before; or it comes before, and the turn returned is that taker's.
    std::uint64_t turn() noexcept { return word_.fetch_add(0, std::memory_order_acq_rel) & ~reserved; }

    // Nobody held it in that turn, or gave it back since. Partner of the acquire: the release in give().
    bool ended(std::uint64_t turn) const noexcept {
        return !(turn & taken) || (word_.load(std::memory_order_seq_cst) & ~reserved) != turn;
    }

  private:
    static constexpr std::uint64_t reserved = 1;
    static constexpr std::uint64_t taken = 2; // the lowest bit of a count of takes and gives
    std::atomic<std::uint64_t> word_ = 0;
};

} // namespace ndispool::machine
