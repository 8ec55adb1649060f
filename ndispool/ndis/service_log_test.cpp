#include "ndispool/ndis/service_log.h"

#include <gtest/gtest.h>

#include "ndis/system.h"

namespace ndispool::ndis {
namespace {

std::vector<LogEntry> logged;

class Sink {
  public:
    Sink() : outer_(set_log_sink([](const LogEntry& entry) { logged.push_back(entry); })) { logged.clear(); }
    ~Sink() { set_log_sink(outer_); }

  private:
    LogSink outer_;
};

TEST(NdisWriteErrorLogEntry, logs_the_code_and_the_values_behind_it) {
    const Sink sink;
    int adapter;
    NdisWriteErrorLogEntry(&adapter, NDIS_ERROR_CODE_DRIVER_FAILURE, 3, 1u, 0xFFFFFFFFu, 3u);
    NdisWriteErrorLogEntry(&adapter, NDIS_ERROR_CODE_TIMEOUT, 0);
    ASSERT_EQ(logged.size(), 2u);
    EXPECT_EQ(logged[0].source, &adapter);
    EXPECT_EQ(logged[0].code, 0xC000138Du);
    EXPECT_EQ(logged[0].values, (std::vector<std::uint32_t>{1, 0xFFFFFFFF, 3}));
    EXPECT_NE(logged[0].caller, nullptr);
    EXPECT_TRUE(logged[1].values.empty());
}

TEST(NdisWriteErrorLogEntry, logs_the_same_for_a_microsoft_driver) {
    const Sink sink;
    NdisWriteErrorLogEntry_microsoft(nullptr, 7, 5, 1u, 2u, 3u, 4u, 5u);
    ASSERT_EQ(logged.size(), 1u);
    EXPECT_EQ(logged[0].values, (std::vector<std::uint32_t>{1, 2, 3, 4, 5}));
    EXPECT_NE(logged[0].caller, nullptr);
}

TEST(NdisWriteEventLogEntry, logs_strings_and_data) {
    const Sink sink;
    const char16_t* strings[] = {u"one", u"zwö"};
    const char data[] = {1, 2, 3};
    EXPECT_EQ(NdisWriteEventLogEntry(&logged, 5, 9, 2, strings, sizeof data, const_cast<char*>(data)),
              NDIS_STATUS_SUCCESS);
    ASSERT_EQ(logged.size(), 1u);
    EXPECT_EQ(logged[0].strings, (std::vector<std::string>{"one", "zw\xC3\xB6"}));
    EXPECT_EQ(logged[0].data.size(), 3u);
    EXPECT_EQ(logged[0].values, std::vector<std::uint32_t>{9});
}

TEST(NdisWriteEventLogEntry, refuses_more_than_an_entry_holds) {
    const Sink sink;
    char data[500] = {};
    EXPECT_EQ(NdisWriteEventLogEntry(nullptr, 5, 9, 0, nullptr, sizeof data, data), NDIS_STATUS_BUFFER_TOO_SHORT);
    EXPECT_TRUE(logged.empty());
}

} // namespace
} // namespace ndispool::ndis
