// Searches executions of all a pool does (supply.h, over engine.h) by two and three threads on pools of one to three
// descriptors, static and overflow. Each execution is a history that must be explained (history.h): strict, exact, one holder.
//
//   supply_search [FACTOR]    see Searches
#include "ndispool/pool/history.h"
#include "ndispool/pool/supply.h"

#include "ndispool/pool/model_pages.h" // last: see model_machine.h

namespace ndispool::pool {
namespace {

// A reader that was thwarted once has everybody kept out.
struct OneTry : Model {
    static constexpr int tries = 1;
};

// The pool is crowded (crowd.h) as soon as a thread needs what another keeps.
struct Crowded : Model {
    static constexpr std::uint8_t bearable = 0;
    static constexpr std::uint32_t patience = 100;
};

// The supply as it must not be.
struct NotAskedAgain : Model {};    // for static ones, while the overflow stands still
struct AskedOnce : Model {};        // but not after the last of the overflow was taken
struct StaysUnused : Model {};      // a chunk that was brought, if static ones came back at that moment
struct NotGivenBack : Model {};     // a chunk that is not needed any more when it is there
struct TakenAndReturned : Model {}; // by a reservation, what does not suffice
struct NoneKeptOut : Model {};      // of those that a reservation may take from, while it looks whether they suffice
struct CountedFirst : Model {};     // and then returned
struct CountedLater : Model {};     // than it was returned
struct LooseSum : OneTry {};        // what cannot be added up quickly is told all the same

} // namespace

template <> std::size_t Supply<NotAskedAgain, Model::Mutex>::take_more(Slot*, std::span<void*> out) noexcept {
    std::lock_guard held(lock_);
    std::size_t got = take_overflow(out);
    if (got < out.size() && overflow_.in_use() < most_overflow_) {
        overflow_.add(Chunk::map(overflow_.layout(), pages_));
        got += take_overflow(out.subspan(got));
    }
    return got;
}

template <> std::size_t Supply<AskedOnce, Model::Mutex>::take_more(Slot* own, std::span<void*> out) noexcept {
    std::lock_guard held(lock_);
    std::size_t got = engine_.take(own, out);
    got += take_overflow(out.subspan(got));
    if (got < out.size() && overflow_.in_use() < most_overflow_) {
        overflow_.add(Chunk::map(overflow_.layout(), pages_));
        got += take_overflow(out.subspan(got));
    }
    return got;
}

template <> std::size_t Supply<StaysUnused, Model::Mutex>::take_more(Slot* own, std::span<void*> out) noexcept {
    std::lock_guard held(lock_);
    if (overflow_.room() == 0 && overflow_.in_use() < most_overflow_)
        overflow_.add(Chunk::map(overflow_.layout(), pages_));
    const std::size_t got = engine_.take(own, out);
    return got + take_overflow(out.subspan(got));
}

template <> std::size_t Supply<NotGivenBack, Model::Mutex>::take_more(Slot* own, std::span<void*> out) noexcept {
    Chunk* chunk = Chunk::map(overflow_.layout(), pages_);
    std::lock_guard held(lock_);
    std::size_t got = engine_.take(own, out);
    got += take_overflow(out.subspan(got));
    if (got < out.size() && overflow_.in_use() < most_overflow_) {
        overflow_.add(chunk);
        got += take_overflow(out.subspan(got));
    }
    return got;
}

template <> bool Supply<TakenAndReturned, Model::Mutex>::reserve(Slot* own, std::span<void*> out) noexcept {
    const std::size_t got = take(own, out);
    if (got < out.size())
        give(own, out.first(got), [](auto&) {});
    return got == out.size();
}

template <> bool Supply<NoneKeptOut, Model::Mutex>::reserve(Slot* own, std::span<void*> out) noexcept {
    return in_use() + out.size() <= capacity_ && take(own, out) == out.size();
}

template <>
template <class Wake>
bool Supply<CountedFirst, Model::Mutex>::give_overflow(void* descriptor, Wake) noexcept {
    LeavingChunks leaving(overflow_.layout(), pages_);
    Slot::count(counters_.frees, 1);
    std::lock_guard held(lock_);
    return overflow_.give(descriptor, leaving);
}

template <>
template <class Wake>
bool Supply<CountedLater, Model::Mutex>::give_overflow(void* descriptor, Wake) noexcept {
    LeavingChunks leaving(overflow_.layout(), pages_);
    {
        std::lock_guard held(lock_);
        if (!overflow_.give(descriptor, leaving))
            return false;
    }
    Slot::count(counters_.frees, 1);
    return true;
}

template <> std::uint32_t Supply<LooseSum, Model::Mutex>::in_use() noexcept {
    const auto sum = engine_.try_sum();
    return sum ? static_cast<std::uint32_t>(sum->used()) : capacity_;
}

namespace {

// A pool, and what each thread does, a letter for each call: allocate, A two at once; free the oldest, F all at once; reserve
// two; use?; end: gives back what it keeps, and goes on without. What is before a colon is done before the threads begin:
// the first of each, then the second of each.
struct Play {
    unsigned statics, overflow;
    std::array<const char*, 3> threads;
    [[nodiscard]] std::string name() const {
        std::string all = std::to_string(statics) + "+" + std::to_string(overflow);
        for (const char* one : threads)
            if (one != nullptr)
                (all += ' ') += one;
        return all;
    }
};
inline Play play;

template <class M, int count> struct Played : rl::test_suite<Played<M, count>, count> {
    using Whole = Supply<M, Model::Mutex>;
    using Slot = typename Whole::Slot;
    std::unique_ptr<Whole> supply;
    std::array<Slot*, count> slots{};
    std::array<std::string_view, count> then;
    std::array<std::vector<void*>, count> mine;
    std::array<rl::var<unsigned>, ModelPages::numbers> signatures; // as in Signatures
    History history;
    std::uint64_t clock = 0;

    void before() {
        Model::start();
        model_pages.start();
        const Shape shape{.descriptors = play.statics, .overflow = play.overflow, .size = 64};
        supply = std::make_unique<Whole>(shape, row_of(play.statics), model_pages, true);
        for (Slot*& slot : slots)
            slot = supply->engine().join();
        history.resize(count);
        std::array<std::string_view, count> first;
        std::size_t longest = 0;
        for (unsigned i = 0; i < count; ++i) {
            std::tie(first[i], then[i]) = split(play.threads[i]);
            longest = std::max(longest, first[i].size());
        }
        for (std::size_t turn = 0; turn < longest; ++turn)
            for (unsigned i = 0; i < count; ++i)
                act(i, first[i].substr(std::min(turn, first[i].size()), 1));
    }
    void thread(unsigned index) {
        Model::begin<count>(index);
        act(index, then[index]);
    }
    void after() {
        std::size_t held = 0;
        for (const auto& some : mine)
            held += some.size();
        RL_ASSERT(supply->in_use() == held);
        RL_ASSERT(Explanation(history, play.statics + play.overflow).exists());
        for (auto& some : mine)
            supply->give(nullptr, some, [](auto&) {});
        RL_ASSERT(supply->in_use() == 0 && model_pages.out() == 0);
        std::array<void*, most_descriptors> all;
        const std::size_t every = play.statics + play.overflow;
        RL_ASSERT(supply->take(nullptr, std::span(all).first(every)) == every); // nothing was lost
        supply->give(nullptr, std::span(all).first(every), [](auto&) {});
    }

  private:
    static std::pair<std::string_view, std::string_view> split(std::string_view letters) {
        const std::size_t colon = letters.find(':');
        if (colon == std::string_view::npos)
            return {{}, letters};
        return {letters.substr(0, colon), letters.substr(colon + 1)};
    }

    // All that happened before is seen from now on, as by who looks at a clock.
    std::uint64_t now() {
        Model::pass_own_barrier<count>();
        return ++clock;
    }

    void act(unsigned thread, std::string_view letters) {
        for (const char letter : letters)
            switch (letter) {
            case 'a':
            case 'A':
                allocate(thread, letter == 'a' ? 1 : 2);
                break;
            case 'r':
                reserve(thread);
                break;
            case 'f':
                free(thread, std::min<std::size_t>(1, mine[thread].size()));
                break;
            case 'F':
                free(thread, mine[thread].size());
                break;
            case 'u': {
                const std::uint64_t begin = now();
                const std::uint32_t used = supply->in_use();
                RL_ASSERT(used <= play.statics + play.overflow);
                history[thread].push_back({Operation::in_use, static_cast<std::uint8_t>(used), begin, now()});
                break;
            }
            case 'e':
                supply->engine().leave(*std::exchange(slots[thread], nullptr));
            }
    }
    void allocate(unsigned thread, std::size_t wanted) {
        std::array<void*, 2> out;
        const std::uint64_t begin = now();
        std::size_t got = 0;
        if (slots[thread] != nullptr && slots[thread]->take(std::span(out).first(wanted)))
            got = wanted;
        else
            got = supply->take(slots[thread], std::span(out).first(wanted));
        note(thread, std::span(out).first(got), begin, got == wanted ? 0 : 1);
    }
    void reserve(unsigned thread) {
        std::array<void*, 2> out;
        const std::uint64_t begin = now();
        const bool got = supply->reserve(slots[thread], out);
        note(thread, std::span(out).first(got ? 2 : 0), begin, got ? 0 : 2);
    }
    void note(unsigned thread, std::span<void*> got, std::uint64_t begin, std::uint8_t refused) {
        const std::uint64_t end = now();
        for (void* descriptor : got) {
            signatures[ModelPages::number_of(descriptor)](RL_INFO) = thread;
            mine[thread].push_back(descriptor);
            history[thread].push_back({Operation::allocate, ModelPages::number_of(descriptor), begin, end});
        }
        if (refused != 0)
            history[thread].push_back({Operation::refused, refused, begin, end});
    }
    void free(unsigned thread, std::size_t number) {
        if (number == 0)
            return;
        const std::vector<void*> back(mine[thread].begin(), mine[thread].begin() + static_cast<std::ptrdiff_t>(number));
        mine[thread].erase(mine[thread].begin(), mine[thread].begin() + static_cast<std::ptrdiff_t>(number));
        for (void* descriptor : back)
            RL_ASSERT(signatures[ModelPages::number_of(descriptor)](RL_INFO).load() == thread);
        const std::uint64_t begin = now();
        const auto is_static = [](void* descriptor) { return row_of(play.statics).begins(descriptor); };
        if (!std::all_of(back.begin(), back.end(), is_static) || slots[thread] == nullptr || !slots[thread]->give(back))
            RL_ASSERT(supply->give(slots[thread], back, [](auto&) {}) == number);
        const std::uint64_t end = now();
        for (void* descriptor : back)
            history[thread].push_back({Operation::free, ModelPages::number_of(descriptor), begin, end});
    }
};

} // namespace
} // namespace ndispool::pool

int main(int count, char** arguments) {
    using namespace ndispool::pool;
    Searches searches(factor_of(count, arguments));
    const auto each = [&]<class Scenario>(unsigned switches, const char* model, const Play& one, Scenario*) {
        play = one;
        const std::string name = one.name() + " " + model;
        searches.bounded<Scenario>(name.c_str(), switches);
        searches.random<Scenario>(name.c_str(), 5000);
    };
    const auto finds = [&]<class Scenario>(Fault planted, const char* name, const Play& one, Scenario*) {
        play = one;
        searches.finds<Scenario>(planted, name, one.name().c_str());
    };
#define EACH(SWITCHES, MODEL, THREADS, ...)                                                                            \
    each(SWITCHES, #MODEL, __VA_ARGS__, static_cast<Played<MODEL, THREADS>*>(nullptr))
#define FINDS(MODEL, THREADS, ...)                                                                                     \
    finds(Fault::none, #MODEL, __VA_ARGS__, static_cast<Played<MODEL, THREADS>*>(nullptr))
#define FINDS_WEAK(FAULT, ...) finds(Fault::FAULT, #FAULT, __VA_ARGS__, static_cast<Played<Model, 2>*>(nullptr))
    // Static ones alone: what comes back while a bulk is short of it, and a thread that ends.
    EACH(2, Model, 2, {2, 0, {"af:A", "a:fu"}});
    EACH(2, Model, 2, {2, 0, {"af:afu", "aa"}});
    EACH(2, Model, 2, {2, 0, {"af:eu", "A"}});
    EACH(2, OneTry, 2, {2, 0, {"a:f", "u"}});
    EACH(2, Crowded, 2, {2, 0, {"af:A", "a:fu"}});
    EACH(2, Crowded, 2, {2, 0, {"afa:aa", "af:afu"}});
    EACH(1, Crowded, 2, {2, 1, {"af:aF", "a:fAu"}});
    EACH(2, Crowded, 2, {3, 0, {"aff:r", "a:fu"}});
    // Overflow: chunks come and go.
    EACH(2, Model, 2, {0, 1, {"a", "a"}});
    EACH(2, Model, 2, {0, 1, {"a:fa", "a"}});
    EACH(2, Model, 2, {0, 2, {"A:F", "aa"}});
    // Both.
    EACH(2, Model, 2, {1, 1, {"a:fa", "a"}});
    EACH(2, Model, 2, {1, 1, {"a:fu", "A"}});
    EACH(2, Model, 2, {1, 1, {"aa:f", "aa"}});
    EACH(2, Model, 2, {1, 1, {"aa:F", "au"}});
    EACH(2, Model, 2, {1, 1, {"af", "au"}});
    EACH(2, Model, 2, {1, 1, {"af:e", "A"}});
    EACH(1, Model, 2, {1, 2, {"aa:F", "aA"}});
    EACH(1, Model, 2, {2, 1, {"af:af", "Au"}});
    EACH(2, OneTry, 2, {1, 1, {"aa:F", "u"}});
    EACH(1, Model, 3, {1, 1, {"a:fu", "a", "a"}});
    // Reservations.
    EACH(2, Model, 2, {2, 0, {"r", "r"}});
    EACH(2, Model, 2, {2, 0, {"r", "a:fu"}});
    EACH(2, Model, 2, {2, 0, {"r", "af:eu"}});
    EACH(2, Model, 2, {0, 2, {"r", "au"}});
    EACH(2, Model, 2, {0, 2, {"ru", "a:f"}});
    EACH(2, Model, 2, {1, 1, {"r", "r"}});
    EACH(2, Model, 2, {1, 1, {"r", "a:a"}});
    EACH(2, Model, 2, {1, 1, {"r", "a:fu"}});
    EACH(2, Model, 2, {1, 1, {"r", "aa:Fa"}});
    EACH(2, Model, 2, {1, 2, {"r", "A"}});
    EACH(1, Model, 3, {2, 0, {"r", "a", "a:f"}});
    EACH(1, Model, 3, {1, 1, {"r", "a", "a:f"}});
    FINDS(NotAskedAgain, 2, {1, 1, {"a:fu", "A"}});
    FINDS(NotAskedAgain, 3, {1, 1, {"a:fu", "a", "a"}});
    FINDS(AskedOnce, 2, {1, 1, {"a:fu", "A"}});
    FINDS(StaysUnused, 2, {1, 1, {"a:f", "a"}});
    FINDS(NotGivenBack, 2, {1, 1, {"a:f", "a"}});
    FINDS(TakenAndReturned, 2, {1, 1, {"r", "a:a"}});
    FINDS(NoneKeptOut, 2, {1, 1, {"r", "r"}});
    FINDS(CountedFirst, 2, {0, 1, {"a:f", "ua"}});
    FINDS(CountedLater, 2, {0, 1, {"a:f", "au"}});
    FINDS(LooseSum, 2, {2, 0, {"a:f", "u"}});
    FINDS_WEAK(no_lock_barrier, {1, 1, {"a:fu", "A"}});
    FINDS_WEAK(no_full_barrier_0, {2, 0, {"af:A", "a:fu"}});
    return searches.exit_code();
}
