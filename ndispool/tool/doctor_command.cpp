#include "ndispool/tool/doctor_command.h"

#include "ndispool/observe/json.h"
#include "ndispool/observe/output_file.h"
#include "ndispool/tool/facility.h"

#include <algorithm>
#include <fmt/format.h>
#include <sstream>

namespace ndispool::tool {

namespace {

std::string text_of(const std::vector<Facility>& all) {
    std::size_t width = 0;
    for (const Facility& facility : all)
        width = std::max(width, facility.name.size());
    std::string text;
    for (const Facility& facility : all) {
        text += fmt::format("{:7} {:{}}  {}\n", facility.here ? "yes" : "missing", facility.name, width, facility.use);
        const std::string indent(width + 10, ' ');
        if (facility.answer != "yes")
            text += fmt::format("{}{}\n", indent, facility.answer);
        if (!facility.remedy.empty())
            text += fmt::format("{}to enable: {}\n", indent, facility.remedy);
    }
    return text;
}

std::string json_of(const std::vector<Facility>& all) {
    std::ostringstream out;
    observe::JsonWriter json(out);
    json.begin_object();
    json.member("schema", "ndispool-doctor");
    json.member("version", 1u);
    json.key("facilities");
    json.begin_array();
    for (const Facility& facility : all) {
        json.begin_object();
        json.member("name", facility.name);
        json.member("use", facility.use);
        json.member("here", facility.here);
        json.member("answer", facility.answer);
        json.member("remedy", facility.remedy);
        json.end_object();
    }
    json.end_array();
    json.end_object();
    return out.str();
}

} // namespace

ExitCode doctor(const DoctorOptions& options) {
    const std::vector<Facility> all = facilities();
    if (!options.json || !observe::is_standard_output(*options.json))
        observe::write_whole("-", text_of(all));
    if (options.json)
        observe::write_whole(*options.json, json_of(all));
    return ExitCode::clean;
}

} // namespace ndispool::tool
