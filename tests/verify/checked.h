// For tests: `ndispool run --verify` as a process, and its report.
#pragma once

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <sys/wait.h>

struct Outcome {
    int exit_code = -1;
    nlohmann::json report;
    std::string output;
};

inline Outcome run(const std::string& arguments, const std::string& verify = " --verify") {
    const std::string command = "timeout 60 '" NDISPOOL_PROGRAM "' run " + arguments + verify + " --json - 2>&1";
    Outcome outcome;
    FILE* const pipe = popen(command.c_str(), "r");
    std::array<char, 4096> part;
    while (const std::size_t bytes = std::fread(part.data(), 1, part.size(), pipe))
        outcome.output.append(part.data(), bytes);
    const int status = pclose(pipe);
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    const std::size_t begin = outcome.output.find('{');
    if (begin != std::string::npos)
        outcome.report = nlohmann::json::parse(outcome.output.substr(begin), nullptr, false);
    return outcome;
}

inline std::set<std::string> rules_of(const Outcome& outcome) {
    std::set<std::string> rules;
    if (outcome.report.is_object())
        for (const auto& finding : outcome.report["findings"])
            rules.insert(finding["rule"].get<std::string>());
    return rules;
}
