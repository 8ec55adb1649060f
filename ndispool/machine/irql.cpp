#include "ndispool/machine/irql.h"
#include "ndispool/machine/bell.h"
#include "ndispool/machine/bug.h"
#include "ndispool/machine/relax.h"
#include "ndispool/machine/token.h"
#include <array>
#include <optional>

namespace ndispool::machine {

constinit thread_local detail::ThreadState detail::this_thread;
constinit std::atomic<unsigned> detail::processors = 1;

namespace {

using detail::this_thread;

std::array<Token, max_processors> tokens;
Bell given; // rung when a token may have become free for somebody who waits

constexpr unsigned tries = 64; // some microseconds: longer than most lock sections, shorter than a thread switch

// A thread's search for a processor: its own if it is a processor's thread, else any, the last one it had first.
class Search {
  public:
    unsigned take() noexcept {
        const unsigned taken = insist();
        if (reserved_ && *reserved_ != taken) {
            tokens[*reserved_].drop_reservation();
            given.ring_if_heard();
        }
        return taken;
    }

  private:
    unsigned insist() noexcept {
        if (const auto found = spin())
            return *found;
        for (;;) {
            reserve_one();
            if (const auto found = spin())
                return *found;
            const auto ticket = given.listen();
            if (const auto found = try_all())
                return *found;
            given.sleep(ticket);
        }
    }

    std::optional<unsigned> spin() noexcept {
        for (unsigned i = 0; i < tries; ++i, relax())
            if (const auto found = try_all())
                return found;
        return {};
    }

    std::optional<unsigned> try_all() noexcept {
        return first_that([this](unsigned p) { return tokens[p].try_take(reserved_ == p); });
    }

    void reserve_one() noexcept {
        if (!reserved_)
            reserved_ = first_that([](unsigned p) { return tokens[p].reserve(); });
    }

    template <class Suits> static std::optional<unsigned> first_that(Suits suits) noexcept {
        const unsigned last = this_thread.processor;
        if (this_thread.bound)
            return suits(last) ? std::optional(last) : std::nullopt;
        const unsigned count = processor_count();
        for (unsigned i = 0; i < count; ++i)
            if (const unsigned p = (last + i) % count; suits(p))
                return p;
        return {};
    }

    std::optional<unsigned> reserved_;
};

bool took_last_one() noexcept {
    return this_thread.processor < processor_count() && tokens[this_thread.processor].try_take(false);
}

void wait_for_end(Token& token) noexcept {
    const auto turn = token.turn();
    for (unsigned i = 0; i < tries && !token.ended(turn); ++i)
        relax();
    while (!token.ended(turn)) {
        const auto ticket = given.listen();
        if (!token.ended(turn))
            given.sleep(ticket);
    }
}

} // namespace

void detail::set_processor_count(unsigned count) noexcept {
    processors.store(count, std::memory_order_relaxed);
}

Irql raise_irql(Irql to) noexcept {
    const Irql old = this_thread.irql;
    if (to < old) {
        report_bug("raise_irql to a level below the current one", __builtin_return_address(0));
        return old;
    }
    if (old < dispatch_level && to >= dispatch_level && !took_last_one())
        this_thread.processor = static_cast<std::uint8_t>(Search().take());
    this_thread.irql = to;
    return old;
}

void lower_irql(Irql to) noexcept {
    const Irql old = this_thread.irql;
    if (to > old) {
        report_bug("lower_irql to a level above the current one", __builtin_return_address(0));
        return;
    }
    this_thread.irql = to;
    if (old >= dispatch_level && to < dispatch_level) {
        tokens[this_thread.processor].give();
        given.ring_if_heard();
    }
}

void synchronize() noexcept {
    const BlockingCall call("synchronize() at DISPATCH", __builtin_return_address(0));
    for (Token& token : tokens)
        wait_for_end(token);
}

BlockingCall::BlockingCall(const char* what, const void* object) noexcept : old_(current_irql()) {
    if (old_ < dispatch_level)
        return;
    report_bug(what, object);
    lower_irql(passive_level);
}

BlockingCall::~BlockingCall() {
    if (old_ >= dispatch_level)
        raise_irql(old_);
}

void restore_irql(Irql expected, const void* routine) noexcept {
    if (current_irql() == expected)
        return;
    report_bug("a routine returned at another IRQL than it was called at", routine);
    if (current_irql() < expected)
        raise_irql(expected);
    else
        lower_irql(expected);
}

} // namespace ndispool::machine
