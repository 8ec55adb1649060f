#include "ndispool/verify/stack_words.h"

#include "ndispool/verify/stack.h"

#include <sys/uio.h>
#include <unistd.h>

namespace ndispool::verify {

// The kernel copies: an address that is not there is an answer, not a fault.
bool read_words(std::uint64_t address, std::uint64_t* words, std::size_t count) noexcept {
    const iovec to{words, count * sizeof *words};
    const iovec from{reinterpret_cast<void*>(address), count * sizeof *words}; // NOLINT(performance-no-int-to-ptr)
    return ::process_vm_readv(::getpid(), &to, 1, &from, 1, 0) == static_cast<ssize_t>(count * sizeof *words);
}

bool follows_call(std::uint64_t address) noexcept {
    std::uint64_t word = 0;
    if (!read_words(address - sizeof word, &word, 1))
        return false;
    const auto byte = [&](unsigned before) { return static_cast<std::uint8_t>(word >> (8 * (sizeof word - before))); };
    const auto through = [&](unsigned before) { return byte(before) == 0xff && (byte(before - 1) & 0x38) == 0x10; };
    return byte(5) == 0xe8 || through(2) || through(3) || through(6) ||
           through(7); // direct; through register or memory
}

ReturnIntoDriver find_return(std::uint64_t stack_pointer, std::size_t words) noexcept {
    for (std::uint64_t at = stack_pointer; at < stack_pointer + words * sizeof(std::uint64_t); at += sizeof at) {
        std::uint64_t word = 0;
        if (!read_words(at, &word, 1))
            break;
        if (in_driver(reinterpret_cast<const void*>(word)) && follows_call(word)) // NOLINT(performance-no-int-to-ptr)
            return {word, at};
    }
    return {};
}

} // namespace ndispool::verify
