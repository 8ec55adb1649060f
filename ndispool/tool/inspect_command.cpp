#include "ndispool/tool/inspect_command.h"

#include "ndispool/host/exports.h"
#include "ndispool/load/file_facts.h"
#include "ndispool/load/image.h"
#include "ndispool/observe/json.h"
#include "ndispool/observe/output_file.h"
#include "ndispool/observe/utf8.h"
#include "ndispool/observe/words.h"
#include "ndispool/tool/child_process.h"
#include "ndispool/tool/driver_path.h"

#include <algorithm>
#include <dlfcn.h>
#include <fmt/format.h>
#include <sstream>

namespace ndispool::tool {

namespace {

struct Inspection {
    std::filesystem::path file;
    load::FileFacts facts;
    std::vector<std::string> ours, others, missing; // imports: by ndispool, by libraries of this machine, by nobody
    std::string reason;                             // why it cannot run here; empty: it can
};

// A Windows image has nothing but us to import from.
bool is_here(const load::FileFacts& facts, const std::string& name) {
    return facts.format == "elf" && ::dlsym(RTLD_DEFAULT, name.c_str()) != nullptr;
}

void sort_imports(Inspection& inspection) {
    for (const auto& import : inspection.facts.imports) {
        if (host::find_export(import.name))
            inspection.ours.push_back(import.name);
        else if (is_here(inspection.facts, import.name))
            inspection.others.push_back(import.name);
        else if (!import.weak)
            inspection.missing.push_back(import.name);
    }
}

// Asked of the loader itself. Its constructors run then, so not in this process.
std::string try_to_load(const std::filesystem::path& file) {
    const auto work = [&]() -> std::string {
        try {
            load::Image::open(file, [](std::string_view name) -> void* {
                const nt::Export* const found = host::find_export(name);
                return found ? found->native : nullptr;
            });
            return "";
        } catch (const std::exception& error) {
            return error.what();
        }
    };
    constexpr double seconds = 20;
    const ChildEnding end = run_in_child(work, {.seconds = seconds});
    switch (end.how) {
    case ChildEnding::How::returned:
        return end.result.substr(0, end.result.size() - 1);
    case ChildEnding::How::timed_out:
        return fmt::format("{}: its constructors do not come to an end; look at what runs before DriverEntry",
                           file.string());
    default:
        return fmt::format("{}: loading it ended the process ({} {}); look at its constructors", file.string(),
                           end.how == ChildEnding::How::signalled ? "signal" : "exit code", end.code);
    }
}

std::string list(std::string_view heading, const std::vector<std::string>& names) {
    if (names.empty())
        return "";
    std::string text = fmt::format("{}: {}\n", heading, names.size());
    for (const std::string& name : names)
        text += fmt::format("  {}\n", observe::printable(name));
    return text;
}

std::string text_of(const Inspection& inspection) {
    std::string text = fmt::format("{}: {}\n", observe::printable(inspection.file.string()), inspection.facts.kind);
    text += list("libraries", inspection.facts.libraries);
    text += list("exports", inspection.facts.exports);
    text += list("imports that ndispool provides", inspection.ours);
    text += list("imports that libraries of this machine provide", inspection.others);
    text += list("imports that are missing here", inspection.missing);
    text += inspection.reason.empty() ? "can run here: yes\n"
                                      : fmt::format("can run here: no; {}\n", observe::printable(inspection.reason));
    return text;
}

std::string_view provider_of(const Inspection& inspection, const load::FileFacts::Import& import) {
    const auto in = [&](const std::vector<std::string>& names) {
        return std::find(names.begin(), names.end(), import.name) != names.end();
    };
    return in(inspection.ours)     ? "ndispool"
           : in(inspection.others) ? "library"
           : import.weak           ? "nobody (weak)"
                                   : "nobody";
}

std::string json_of(const Inspection& inspection) {
    std::ostringstream out;
    observe::JsonWriter json(out);
    const auto strings = [&](std::string_view name, const std::vector<std::string>& list) {
        json.key(name);
        json.begin_array();
        for (const std::string& entry : list)
            json.value(entry);
        json.end_array();
    };
    const load::FileFacts& facts = inspection.facts;
    json.begin_object();
    json.member("schema", "ndispool-inspect");
    json.member("version", 1u);
    json.member("file", inspection.file.string());
    json.member("kind", facts.kind);
    json.member("format", facts.format);
    json.member("machine", facts.machine);
    json.member("bits", facts.bits);
    strings("libraries", facts.libraries);
    strings("exports", facts.exports);
    json.key("imports");
    json.begin_array();
    for (const auto& import : facts.imports) {
        json.begin_object();
        json.member("name", import.name);
        json.member("library", import.library);
        json.member("provided_by", provider_of(inspection, import));
        json.end_object();
    }
    json.end_array();
    strings("missing", inspection.missing);
    json.member("can_run", inspection.reason.empty());
    json.member("reason", inspection.reason);
    json.end_object();
    return out.str();
}

} // namespace

ExitCode inspect(const InspectOptions& options) {
    Inspection inspection;
    inspection.file = find_driver(options.driver, driver_folders());
    if (options.json)
        observe::require_writable(*options.json);
    inspection.facts = load::facts_of(inspection.file);
    sort_imports(inspection);
    inspection.reason = try_to_load(inspection.file);
    if (!options.json || !observe::is_standard_output(*options.json))
        observe::write_whole("-", text_of(inspection));
    if (options.json)
        observe::write_whole(*options.json, json_of(inspection));
    return inspection.reason.empty() ? ExitCode::clean : ExitCode::findings;
}

} // namespace ndispool::tool
