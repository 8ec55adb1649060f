#include "ndispool/load/image.h"
#include "ndispool/observe/output_file.h"
#include "ndispool/tool/problem.h"
#include "ndispool/tool/run_command.h"
#include "ndispool/tool/say.h"

#include <iostream>
#include <new>
#include <vector>

namespace {

using namespace ndispool;
using tool::ExitCode;

ExitCode perform(std::span<const std::string> arguments) {
    tool::Command command = tool::parse(arguments);
    if (const auto* const text = std::get_if<tool::Text>(&command)) {
        std::cout << text->text << std::flush;
        return ExitCode::clean;
    }
    return tool::run(std::get<tool::RunCommand>(std::move(command)));
}

// Every way to fail ends in one line and one of the four exit codes.
ExitCode explain(const char* line, ExitCode code) {
    tool::say(line);
    return code;
}

ExitCode guarded(std::span<const std::string> arguments) {
    try {
        return perform(arguments);
    } catch (const tool::Problem& problem) {
        return explain(problem.what(), problem.code());
    } catch (const wire::Error& error) {
        return explain(error.what(),
                       error.kind() == wire::Error::Kind::environment ? ExitCode::environment : ExitCode::usage);
    } catch (const load::Error& error) {
        return explain(error.what(), ExitCode::usage);
    } catch (const host::Error& error) {
        return explain(error.what(), ExitCode::usage);
    } catch (const observe::OutputError& error) {
        return explain(error.what(), ExitCode::usage);
    } catch (const std::bad_alloc&) {
        return explain("out of memory", ExitCode::environment);
    } catch (const std::exception& error) {
        return explain(error.what(), ExitCode::environment);
    }
}

} // namespace

int main(int count, char** values) {
    const std::vector<std::string> arguments(values + 1, values + count);
    return static_cast<int>(guarded(arguments));
}
