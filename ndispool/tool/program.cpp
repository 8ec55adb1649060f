#include "ndispool/tool/program.h"

#include "ndispool/host/run.h"
#include "ndispool/observe/output_file.h"
#include "ndispool/tool/check_command.h"
#include "ndispool/tool/command_line.h"
#include "ndispool/tool/doctor_command.h"
#include "ndispool/tool/inspect_command.h"
#include "ndispool/tool/page_command.h"
#include "ndispool/tool/pools_command.h"
#include "ndispool/tool/run_command.h"
#include "ndispool/tool/say.h"
#include "ndispool/tool/top_command.h"
#include "ndispool/wire/wire.h"

#include <new>
#include <system_error>

namespace ndispool::tool {

namespace {

struct Perform {
    ExitCode operator()(const ShowText& show) const {
        observe::write_whole("-", show.text);
        return ExitCode::clean;
    }
    ExitCode operator()(const RunOptions& options) const { return run(options); }
    ExitCode operator()(const CheckOptions& options) const { return check(options); }
    ExitCode operator()(const InspectOptions& options) const { return inspect(options); }
    ExitCode operator()(const PageOptions& options) const { return write_page(options); }
    ExitCode operator()(const DoctorOptions& options) const { return doctor(options); }
    ExitCode operator()(const PoolsOptions& options) const { return show_pools(options); }
    ExitCode operator()(const TopOptions& options) const { return top(options); }
};

ExitCode ended(ExitCode code, std::string_view line) {
    say(line);
    return code;
}

} // namespace

ExitCode guarded(const std::function<ExitCode()>& work) {
    try {
        return work();
    } catch (const LackError& error) {
        return ended(ExitCode::lacking, error.what());
    } catch (const wire::Error& error) {
        const bool lacking = error.kind() == wire::Error::Kind::environment;
        return ended(lacking ? ExitCode::lacking : ExitCode::usage, error.what());
    } catch (const std::bad_alloc&) {
        return ended(ExitCode::lacking, "out of memory; use smaller pools or fewer processors");
    } catch (const std::system_error& error) {
        return ended(ExitCode::lacking, error.what());
    } catch (const std::exception& error) { // UsageError, and what the rooms throw about files and drivers
        return ended(ExitCode::usage, error.what());
    }
}

ExitCode program(const std::vector<std::string>& arguments) {
    return guarded([&] { return std::visit(Perform{}, parse_command_line(arguments)); });
}

} // namespace ndispool::tool
