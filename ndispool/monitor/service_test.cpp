#include "ndispool/monitor/service.h"

#include "ndispool/monitor/observer.h"
#include "ndispool/monitor/places.h"

#include <csignal>
#include <cstdlib>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <ndis.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ndispool::monitor {
namespace {

using Kind = NoAnswer::Kind;

// Sockets go into a folder of the test's own, whose name is longer than a socket's address may be.
class ServiceTest : public ::testing::Test {
  protected:
    void SetUp() override {
        char name[] = "/tmp/ndispool-monitor-test-XXXXXX";
        ASSERT_NE(::mkdtemp(name), nullptr);
        top_ = name;
        folder_ = top_ / std::string(120, 'x');
        std::filesystem::create_directory(folder_);
        ::setenv("XDG_RUNTIME_DIR", folder_.c_str(), 1);
    }
    void TearDown() override {
        ::unsetenv("XDG_RUNTIME_DIR");
        std::filesystem::remove_all(top_);
    }

    std::filesystem::path socket(pid_t process) const { return folder_ / "ndispool" / std::to_string(process); }

    std::filesystem::path top_, folder_;
};

Kind kind_of_refusal(pid_t process, std::string& line) {
    try {
        ask(process);
    } catch (const NoAnswer& none) {
        line = none.what();
        return none.kind();
    }
    ADD_FAILURE() << "process " << process << " answered";
    return Kind::gone;
}

// Until it answers: its socket is there a moment before it can be asked.
void wait_for(pid_t process) {
    for (;;)
        try {
            ask(process);
            return;
        } catch (const NoAnswer&) {
            ::usleep(1000);
        }
}

// A child that does nothing until it is killed.
class Child {
  public:
    explicit Child(void (*work)() = nullptr) : process_(::fork()) {
        if (process_ == 0) {
            if (work)
                work();
            for (;;)
                ::pause();
        }
    }
    ~Child() { end(); }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    void end() {
        if (process_ > 0) {
            ::kill(process_, SIGKILL);
            ::waitpid(process_, nullptr, 0);
        }
        process_ = -1;
    }
    pid_t process() const { return process_; }

  private:
    pid_t process_;
};

class TestPool {
  public:
    TestPool() { NdisAllocatePacketPool(&status_, &handle_, 4, 16); }
    ~TestPool() { NdisFreePacketPool(handle_); }
    TestPool(const TestPool&) = delete;
    TestPool& operator=(const TestPool&) = delete;
    NDIS_HANDLE handle() const { return handle_; }
    PNDIS_PACKET take() {
        PNDIS_PACKET packet = nullptr;
        NdisAllocatePacket(&status_, &packet, handle_);
        return packet;
    }

  private:
    NDIS_STATUS status_ = 0;
    NDIS_HANDLE handle_ = nullptr;
};

const Pool* pool_in(const Answer& answer, NDIS_HANDLE handle) {
    for (const Pool& pool : answer.pools)
        if (pool.record.handle == handle && pool.record.alive)
            return &pool;
    return nullptr;
}

TEST_F(ServiceTest, the_answer_has_each_pool_as_it_is_when_it_is_asked) {
    const Service service("test program");
    ASSERT_TRUE(service.running());
    TestPool pool;
    PNDIS_PACKET packets[4] = {pool.take(), pool.take(), pool.take(), pool.take()};
    EXPECT_EQ(pool.take(), nullptr);
    Answer answer = ask(::getpid());
    EXPECT_EQ(answer.program, "test program");
    const Pool* seen = pool_in(answer, pool.handle());
    ASSERT_NE(seen, nullptr);
    EXPECT_EQ(seen->record.descriptors, 4u);
    EXPECT_EQ(seen->record.in_use, 4u);
    EXPECT_EQ(seen->record.refusals, 1u);
    for (PNDIS_PACKET packet : packets)
        NdisFreePacket(packet);
    answer = ask(::getpid());
    seen = pool_in(answer, pool.handle());
    ASSERT_NE(seen, nullptr);
    EXPECT_EQ(seen->record.in_use, 0u);
    EXPECT_EQ(seen->record.peak, 4u);
}

TEST_F(ServiceTest, the_namer_names_what_it_knows_and_the_linker_the_rest) {
    TestPool pool;
    {
        const Service service("", [](const void*) { return std::string("driver!Bind+0x1"); });
        const Answer answer = ask(::getpid());
        EXPECT_EQ(pool_in(answer, pool.handle())->allocator, "driver!Bind+0x1");
    }
    const Service service("", [](const void*) { return std::string(); });
    const Answer answer = ask(::getpid());
    EXPECT_EQ(pool_in(answer, pool.handle())->allocator.substr(0, 13), "monitor_test!");
}

TEST_F(ServiceTest, many_ask_at_once_and_each_is_answered) {
    const Service service("x");
    std::vector<std::thread> clients;
    for (int i = 0; i < 8; ++i)
        clients.emplace_back([] {
            for (int round = 0; round < 20; ++round)
                EXPECT_EQ(ask(::getpid()).program, "x");
        });
    for (std::thread& client : clients)
        client.join();
}

TEST_F(ServiceTest, its_socket_is_there_while_it_is_and_for_this_user_alone) {
    {
        const Service service("x");
        struct stat facts {};
        ASSERT_EQ(::stat(socket(::getpid()).parent_path().c_str(), &facts), 0);
        EXPECT_EQ(facts.st_mode & 0777u, 0700u);
        EXPECT_TRUE(std::filesystem::exists(socket(::getpid())));
        const std::vector<pid_t> all = processes();
        EXPECT_NE(std::find(all.begin(), all.end(), ::getpid()), all.end());
    }
    EXPECT_FALSE(std::filesystem::exists(socket(::getpid())));
    std::string line;
    EXPECT_EQ(kind_of_refusal(::getpid(), line), Kind::silent);
    EXPECT_NE(line.find("does not publish"), line.npos) << line;
}

TEST_F(ServiceTest, a_folder_that_others_may_enter_is_not_used) {
    std::filesystem::create_directory(folder_ / "ndispool");
    ::chmod((folder_ / "ndispool").c_str(), 0755);
    const Service service("x");
    EXPECT_FALSE(std::filesystem::exists(socket(::getpid())));
}

TEST_F(ServiceTest, a_process_without_a_service_is_told_from_one_that_is_not_there) {
    Child child;
    std::string line;
    EXPECT_EQ(kind_of_refusal(child.process(), line), Kind::silent);
    const pid_t process = child.process();
    child.end();
    EXPECT_EQ(kind_of_refusal(process, line), Kind::absent);
    EXPECT_NE(line.find(std::to_string(process)), line.npos) << line;
}

TEST_F(ServiceTest, the_socket_that_a_killed_process_left_behind_is_cleared_away) {
    Child child([] { new Service("killed"); });
    wait_for(child.process());
    const pid_t process = child.process();
    child.end();
    EXPECT_TRUE(std::filesystem::exists(socket(process)));
    const std::vector<pid_t> all = processes();
    EXPECT_EQ(std::find(all.begin(), all.end(), process), all.end());
    EXPECT_FALSE(std::filesystem::exists(socket(process)));
    std::string line;
    EXPECT_EQ(kind_of_refusal(process, line), Kind::absent);
}

TEST_F(ServiceTest, who_answers_in_the_name_of_another_process_is_not_believed) {
    const Service service("false");
    Child child;
    std::filesystem::rename(socket(::getpid()), socket(child.process()));
    std::string line;
    EXPECT_EQ(kind_of_refusal(child.process(), line), Kind::silent);
    EXPECT_NE(line.find("does not publish"), line.npos) << line;
    std::filesystem::remove(socket(child.process()));
}

TEST_F(ServiceTest, a_process_that_is_stopped_is_not_waited_for_without_end) {
    Child child([] { new Service("stopped"); });
    wait_for(child.process());
    ::kill(child.process(), SIGSTOP);
    int status = 0;
    ASSERT_EQ(::waitpid(child.process(), &status, WUNTRACED), child.process());
    std::string line;
    EXPECT_EQ(kind_of_refusal(child.process(), line), Kind::lacking);
    EXPECT_NE(line.find("2 seconds"), line.npos) << line;
}

TEST_F(ServiceTest, the_child_of_a_fork_ends_without_it) {
    auto* const service = new Service("parent");
    const pid_t child = ::fork();
    if (child == 0) {
        delete service;
        ::_exit(7);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    EXPECT_EQ(ask(::getpid()).program, "parent");
    delete service;
}

TEST_F(ServiceTest, a_client_that_does_not_read_keeps_nobody_from_an_answer) {
    constexpr std::size_t more_than_a_socket_holds = 1 << 19;
    const Service service(std::string(more_than_a_socket_holds, 'x'));
    const Handle folder = open_folder(folder_ / "ndispool");
    const Handle client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = address_in(folder, std::to_string(::getpid()));
    ASSERT_EQ(::connect(client.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(ask(::getpid()).program.size(), more_than_a_socket_holds);
}

} // namespace
} // namespace ndispool::monitor
