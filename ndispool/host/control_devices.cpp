#include "ndispool/host/control_devices.h"

#include "ndispool/nt/devices.h"
#include "ndispool/nt/irps.h"
#include "ndispool/nt/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <vector>

namespace ndispool::host {

namespace {

std::string status_text(NTSTATUS status) {
    std::array<char, 24> text;
    std::snprintf(text.data(), text.size(), "status 0x%08X", static_cast<unsigned>(status));
    return text.data();
}

std::string hex(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte byte : bytes) {
        constexpr char digits[] = "0123456789abcdef";
        text += digits[std::to_integer<unsigned>(byte) >> 4];
        text += digits[std::to_integer<unsigned>(byte) & 15];
    }
    return text;
}

nt::OpenedDevice open_by_name(const Command& command, const char* verb) {
    const std::u16string name = nt::to_utf16(command.device);
    if (!nt::find_device(name))
        throw std::invalid_argument(std::string(verb) + ": there is no device " + command.device +
                                    "; give the name or the symbolic link that the driver registers");
    return nt::open_device(name);
}

constexpr std::size_t most_output = 4096; // of a control code

nt::DeviceRequest request_of(const Command& command, std::span<std::byte> output) {
    nt::DeviceRequest request{};
    request.input = std::as_bytes(std::span(command.input));
    request.output = output;
    if (command.verb == Verb::ioctl) {
        request.major = IRP_MJ_DEVICE_CONTROL;
        request.control_code = command.code;
        return request;
    }
    request.major = command.verb == Verb::read ? IRP_MJ_READ : IRP_MJ_WRITE;
    if (command.verb == Verb::read)
        request.limit = std::chrono::nanoseconds(static_cast<std::int64_t>(command.seconds * 1e9));
    return request;
}

std::string ask(nt::DeviceFile& file, const Command& command) {
    PDEVICE_OBJECT const device = file.device();
    if (!device)
        return "the device is gone";
    std::vector<std::byte> output(command.verb == Verb::ioctl  ? most_output
                                  : command.verb == Verb::read ? command.code
                                                               : 0);
    const nt::DeviceReply reply = nt::send_request(*device, file.file(), request_of(command, output));
    const bool has_data = static_cast<std::uint32_t>(reply.status) < 0xC0000000u; // not an error
    const std::size_t count = has_data ? std::min(reply.information, output.size()) : 0;
    return status_text(reply.status) + (count > 0 ? " output " + hex(std::span(output).first(count)) : "");
}

} // namespace

std::string ControlDevices::perform(const Command& command) {
    return command.verb == Verb::open ? open(command) : command.verb == Verb::close ? close(command) : send(command);
}

std::string ControlDevices::open(const Command& command) {
    if (open_.contains(command.name))
        return command.name + " is open already";
    const nt::OpenedDevice opened = open_by_name(command, "open");
    if (opened.file)
        open_.emplace(command.name, opened.file);
    return status_text(opened.status);
}

std::string ControlDevices::close(const Command& command) {
    return open_.erase(command.device) > 0 ? "done" : command.device + " is not open";
}

std::string ControlDevices::send(const Command& command) {
    if (const auto found = open_.find(command.device); found != open_.end())
        return ask(*found->second, command);
    if (command.verb != Verb::ioctl)
        return command.device + " is not open";
    const nt::OpenedDevice opened = open_by_name(command, "ioctl");
    return opened.file ? ask(*opened.file, command) : "open: " + status_text(opened.status);
}

} // namespace ndispool::host
