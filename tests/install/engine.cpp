// A C++ program that uses the engine alone. Exit code 0: it is strict and exact.
#include <ndispool/pool.h>

#include <cstdio>
#include <vector>

int main() {
    const auto pool = ndispool::pool::Pool::create({.descriptors = 3, .overflow = 1, .size = 256});
    if (!pool)
        return 1;
    std::vector<void*> taken(5);
    taken.resize(pool->allocate(taken));
    std::printf("asked for 5 of 3 + 1 descriptors, got %zu, in use %u\n", taken.size(), pool->in_use());
    if (taken.size() != 4 || pool->in_use() != 4)
        return 1;
    return pool->free(taken) == 4 && pool->in_use() == 0 ? 0 : 1;
}
