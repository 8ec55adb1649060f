// Forwards a capture: one thread reads frames into packets, another writes them to a second capture and lets the packets go.
//
//   c++ -std=c++20 forward.cpp $(pkg-config --cflags --libs ndispool libpcap) -o forward
//   ./forward IN.pcap OUT.pcap
//
// All packets come from one pool of 256. Before each burst the reader reserves a packet for every frame of it: then there is
// room for the whole burst or for none of it, and in the middle of one nothing can be refused. At the end it waits until the
// last packet is back.
#include <ndispool/packet_pool.h>

#include <pcap/pcap.h>

#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

constexpr std::uint32_t packets = 256, burst = 32;

// What this program keeps in a packet's ProtocolReserved.
struct Frame {
    pcap_pkthdr header;
    std::byte* bytes; // those that the packet's buffer describes
};

Frame& frame_of(const ndispool::Packet& packet) {
    return *reinterpret_cast<Frame*>(packet->ProtocolReserved);
}

// The frame's bytes become the packet's only buffer.
void fill(const ndispool::Packet& packet, const pcap_pkthdr& header, const u_char* bytes) {
    Frame& frame = *new (packet->ProtocolReserved) Frame{header, new std::byte[header.caplen]};
    std::memcpy(frame.bytes, bytes, header.caplen);
    NDIS_STATUS status;
    PNDIS_BUFFER buffer;
    NdisAllocateBuffer(&status, &buffer, nullptr, frame.bytes, header.caplen);
    if (status != NDIS_STATUS_SUCCESS)
        throw std::bad_alloc();
    NdisChainBufferAtFront(packet.get(), buffer);
}

void empty(const ndispool::Packet& packet) {
    PNDIS_BUFFER buffer;
    NdisUnchainBufferAtFront(packet.get(), &buffer);
    NdisFreeBuffer(buffer);
    delete[] frame_of(packet).bytes;
}

// Packets on their way from the reader to the writer. It is never full: the pool says how many there can be.
class Queue {
  public:
    void push(ndispool::Packet packet) {
        std::lock_guard held(lock_);
        packets_.push_back(std::move(packet));
        changed_.notify_one();
    }
    void end() {
        std::lock_guard held(lock_);
        ended_ = true;
        changed_.notify_one();
    }
    // Empty: there will be no more.
    ndispool::Packet pop() {
        std::unique_lock held(lock_);
        changed_.wait(held, [this] { return ended_ || !packets_.empty(); });
        if (packets_.empty())
            return nullptr;
        ndispool::Packet packet = std::move(packets_.front());
        packets_.pop_front();
        return packet;
    }

  private:
    std::mutex lock_;
    std::condition_variable changed_;
    std::deque<ndispool::Packet> packets_;
    bool ended_ = false;
};

void write_all(Queue& queue, pcap_dumper_t* out) {
    while (const ndispool::Packet packet = queue.pop()) {
        const Frame& frame = frame_of(packet);
        pcap_dump(reinterpret_cast<u_char*>(out), &frame.header, reinterpret_cast<const u_char*>(frame.bytes));
        empty(packet);
    } // here the packet goes back to its pool
}

struct Count {
    unsigned long frames = 0, bursts = 0, waits = 0;
};

// Room for a burst: until the writer has made some, there is none.
ndispool::PacketReservation room(ndispool::PacketPool& pool, Count& count) {
    for (;;) {
        if (ndispool::PacketReservation reserved = pool.reserve(burst))
            return reserved;
        ++count.waits;
        std::this_thread::yield();
    }
}

Count read_all(pcap_t* in, ndispool::PacketPool& pool, Queue& queue) {
    Count count;
    for (int status = 1; status == 1; ++count.bursts) {
        ndispool::PacketReservation reserved = room(pool, count);
        pcap_pkthdr* header;
        const u_char* bytes;
        while (reserved && (status = pcap_next_ex(in, &header, &bytes)) == 1) {
            ndispool::Packet packet = reserved.allocate();
            fill(packet, *header, bytes);
            queue.push(std::move(packet));
            ++count.frames;
        }
        if (status == PCAP_ERROR)
            throw std::runtime_error(pcap_geterr(in));
    } // what a short last burst did not need goes back to the pool
    return count;
}

Count forward(pcap_t* in, pcap_dumper_t* out) {
    ndispool::PacketPool pool({.packets = packets, .protocol_reserved = sizeof(Frame)});
    Queue queue;
    Count count;
    std::string trouble;
    std::jthread writer(write_all, std::ref(queue), out);
    try {
        count = read_all(in, pool, queue);
    } catch (const std::exception& error) {
        trouble = error.what();
    }
    queue.end();
    pool.wait_until_empty(); // the pool may be freed when every packet is back
    if (!trouble.empty())
        throw std::runtime_error(trouble);
    return count;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: forward IN.pcap OUT.pcap\n");
        return 2;
    }
    char error[PCAP_ERRBUF_SIZE];
    pcap_t* in = pcap_open_offline(argv[1], error);
    if (in == nullptr) {
        std::fprintf(stderr, "forward: %s: cannot be read as a capture: %s\n", argv[1], error);
        return 2;
    }
    pcap_dumper_t* out = pcap_dump_open(in, argv[2]);
    if (out == nullptr) {
        std::fprintf(stderr, "forward: %s: cannot be written: %s\n", argv[2], pcap_geterr(in));
        return 2;
    }
    int status = 0;
    try {
        const Count count = forward(in, out);
        std::printf("%lu frames in %lu bursts; %lu times there was no room for one yet\n", count.frames, count.bursts,
                    count.waits);
        if (pcap_dump_flush(out) != 0)
            throw std::runtime_error(std::string(argv[2]) + " could not be written to its end");
    } catch (const std::exception& trouble) {
        std::fprintf(stderr, "forward: %s: %s\n", argv[1], trouble.what());
        status = 2;
    }
    pcap_dump_close(out);
    pcap_close(in);
    return status;
}
