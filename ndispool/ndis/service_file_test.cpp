#include "ndispool/ndis/service_file.h"

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>

#include "ndis/system.h"
#include "ndispool/nt/testing.h"
#include "ndispool/nt/text.h"

namespace ndispool::ndis {
namespace {

class NdisFile : public testing::Test {
  protected:
    NdisFile() {
        char name[] = "/tmp/ndispool_file_XXXXXX";
        folder_ = mkdtemp(name);
        std::filesystem::create_directory(folder_ / "sub");
        std::ofstream(folder_ / "sub" / "firmware.bin") << "bytes";
        std::ofstream(folder_ / "empty");
        set_file_folder(folder_);
    }
    ~NdisFile() override {
        set_file_folder({});
        std::filesystem::remove_all(folder_);
    }

    NDIS_STATUS open(const std::u16string& name) {
        NDIS_STRING counted = nt::counted(name);
        NDIS_STATUS status;
        NdisOpenFile(&status, &handle_, &length_, &counted, {});
        return status;
    }
    NDIS_STATUS map() {
        NDIS_STATUS status;
        NdisMapFile(&status, &bytes_, handle_);
        return status;
    }

    std::filesystem::path folder_;
    NDIS_HANDLE handle_ = this;
    UINT length_ = 99;
    PVOID bytes_ = nullptr;
};

TEST_F(NdisFile, is_read_as_a_whole_from_the_folder) {
    ASSERT_EQ(open(u"sub\\firmware.bin"), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(length_, 5u);
    ASSERT_EQ(map(), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(std::memcmp(bytes_, "bytes", 5), 0);
    NdisCloseFile(handle_);
}

TEST_F(NdisFile, is_mapped_once_at_a_time) {
    ASSERT_EQ(open(u"sub\\firmware.bin"), NDIS_STATUS_SUCCESS);
    ASSERT_EQ(map(), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(map(), NDIS_STATUS_ALREADY_MAPPED);
    EXPECT_EQ(bytes_, nullptr);
    NdisUnmapFile(handle_);
    EXPECT_EQ(map(), NDIS_STATUS_SUCCESS);
    NdisCloseFile(handle_);
}

TEST_F(NdisFile, that_is_empty_can_be_opened) {
    ASSERT_EQ(open(u"empty"), NDIS_STATUS_SUCCESS);
    EXPECT_EQ(length_, 0u);
    NdisCloseFile(handle_);
}

TEST_F(NdisFile, that_is_not_there_is_not_found) {
    EXPECT_EQ(open(u"absent"), NDIS_STATUS_FILE_NOT_FOUND);
    EXPECT_EQ(handle_, nullptr);
    EXPECT_EQ(length_, 0u);
    EXPECT_EQ(open(u"sub"), NDIS_STATUS_FILE_NOT_FOUND) << "a folder";
    EXPECT_EQ(open(u""), NDIS_STATUS_FILE_NOT_FOUND);
}

TEST_F(NdisFile, outside_the_folder_is_not_found) {
    const std::u16string absolute = (folder_ / "sub" / "firmware.bin").u16string();
    EXPECT_EQ(open(absolute), NDIS_STATUS_FILE_NOT_FOUND);
    EXPECT_EQ(open(u"..\\" + folder_.filename().u16string() + u"\\sub\\firmware.bin"), NDIS_STATUS_FILE_NOT_FOUND);
}

TEST_F(NdisFile, that_was_closed_is_reported_and_not_followed) {
    nt::BugTrap bugs;
    ASSERT_EQ(open(u"empty"), NDIS_STATUS_SUCCESS);
    NdisCloseFile(handle_);
    EXPECT_EQ(map(), NDIS_STATUS_FAILURE);
    NdisUnmapFile(handle_);
    NdisCloseFile(handle_);
    EXPECT_EQ(bugs.reports().size(), 3u);
}

} // namespace
} // namespace ndispool::ndis
