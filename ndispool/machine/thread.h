// A thread of the machine: it has a name in debuggers, and leaves the program's signals to the program's own threads
// (faults excepted: a host may want to know about a driver's).
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace ndispool::machine {

// Throws std::system_error that says what to do when the system refuses a thread. Keeps 15 characters of the name.
std::thread start_thread(const std::string& name, std::function<void()> body);

} // namespace ndispool::machine
