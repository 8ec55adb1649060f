#include "ndispool/load/pe_file.h"

#include <cstring>

namespace ndispool::load {

namespace {

// As the PE specification names and places them.
constexpr std::uint16_t pe32 = 0x10b, pe32_plus = 0x20b;
constexpr std::uint16_t file_is_dll = 0x2000;
constexpr std::size_t coff_bytes = 24, section_bytes = 40, descriptor_bytes = 20;
constexpr std::size_t most_names = 65536; // of one table: a broken file must not make us read for ever

class Bytes {
  public:
    explicit Bytes(std::span<const std::byte> bytes) : bytes_(bytes) {}

    template <class Number> Number at(std::uint64_t offset) const {
        if (offset > bytes_.size() || bytes_.size() - offset < sizeof(Number))
            throw BadPe("is cut off: a table lies outside the file");
        Number number;
        std::memcpy(&number, bytes_.data() + offset, sizeof number);
        return number;
    }
    std::string text(std::uint64_t offset) const {
        constexpr std::size_t longest = 512;
        std::string text;
        for (char c; text.size() < longest && (c = at<char>(offset + text.size())) != '\0';)
            text += c;
        return text;
    }

  private:
    std::span<const std::byte> bytes_;
};

struct Section {
    std::uint32_t address, bytes, offset;
};

class Reader {
  public:
    explicit Reader(std::span<const std::byte> bytes) : file_(bytes) {
        head_ = file_.at<std::uint32_t>(0x3c);
        if (file_.at<std::uint32_t>(head_) != 0x4550) // "PE"
            throw BadPe("begins with MZ but has no PE header: a DOS program, or a damaged file");
        optional_ = head_ + coff_bytes;
        const auto magic = file_.at<std::uint16_t>(optional_);
        if (magic != pe32 && magic != pe32_plus)
            throw BadPe("has an unknown kind of PE header");
        wide_ = magic == pe32_plus;
        read_sections();
    }
    std::uint16_t machine() const { return file_.at<std::uint16_t>(head_ + 4); }
    std::uint16_t characteristics() const { return file_.at<std::uint16_t>(head_ + 22); }
    std::uint16_t subsystem() const { return file_.at<std::uint16_t>(optional_ + 68); }
    bool wide() const { return wide_; }

    std::vector<PeFile::Import> imports() const {
        std::vector<PeFile::Import> all;
        const std::uint32_t table = directory(1);
        for (std::uint64_t at = table; table != 0 && all.size() < most_names; at += descriptor_bytes) {
            const auto name = file_.at<std::uint32_t>(place(at) + 12);
            if (name == 0)
                break;
            const auto lookup = file_.at<std::uint32_t>(place(at));
            const auto bound = file_.at<std::uint32_t>(place(at) + 16);
            add_imports(all, file_.text(place(name)), lookup != 0 ? lookup : bound);
        }
        return all;
    }

    std::vector<std::string> exports() const {
        std::vector<std::string> all;
        const std::uint32_t table = directory(0);
        if (table == 0)
            return all;
        const auto count = file_.at<std::uint32_t>(place(table) + 24);
        const auto names = file_.at<std::uint32_t>(place(table) + 32);
        for (std::uint64_t i = 0; i < count && i < most_names; ++i)
            all.push_back(file_.text(place(file_.at<std::uint32_t>(place(names + 4 * i)))));
        return all;
    }

  private:
    void read_sections() {
        const auto count = file_.at<std::uint16_t>(head_ + 6);
        std::uint64_t at = optional_ + file_.at<std::uint16_t>(head_ + 20);
        for (unsigned i = 0; i < count; ++i, at += section_bytes)
            sections_.push_back(
                {file_.at<std::uint32_t>(at + 12), file_.at<std::uint32_t>(at + 16), file_.at<std::uint32_t>(at + 20)});
    }

    // Where in the file an address of the image is.
    std::uint64_t place(std::uint64_t address) const {
        for (const Section& section : sections_)
            if (address >= section.address && address - section.address < section.bytes)
                return section.offset + (address - section.address);
        throw BadPe("is damaged: a table lies in no section");
    }

    std::uint32_t directory(unsigned number) const {
        const std::uint64_t count_at = optional_ + (wide_ ? 108 : 92);
        if (file_.at<std::uint32_t>(count_at) <= number)
            return 0;
        return file_.at<std::uint32_t>(count_at + 4 + 8 * number);
    }

    void add_imports(std::vector<PeFile::Import>& all, const std::string& library, std::uint64_t table) const {
        const unsigned step = wide_ ? 8 : 4;
        const std::uint64_t by_number = wide_ ? 1ull << 63 : 1ull << 31;
        for (; all.size() < most_names; table += step) {
            const std::uint64_t entry =
                wide_ ? file_.at<std::uint64_t>(place(table)) : file_.at<std::uint32_t>(place(table));
            if (entry == 0)
                return;
            all.push_back({library, entry & by_number ? "#" + std::to_string(entry & 0xffff)
                                                      : file_.text(place(entry & 0x7fffffff) + 2)});
        }
    }

    Bytes file_;
    std::uint64_t head_ = 0, optional_ = 0;
    bool wide_ = false;
    std::vector<Section> sections_;
};

} // namespace

PeFile::PeFile(std::span<const std::byte> bytes) {
    const Reader reader(bytes);
    machine_ = reader.machine();
    subsystem_ = reader.subsystem();
    wide_ = reader.wide();
    library_ = (reader.characteristics() & file_is_dll) != 0;
    imports_ = reader.imports();
    exports_ = reader.exports();
}

} // namespace ndispool::load
