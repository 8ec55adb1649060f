// The driver's timers and work items: where each was last set or queued.
//   Callers:   the checked forms; judge_pending() when the driver's unload routine has returned.
#pragma once

namespace ndispool::verify {

void judge_pending(const void* owner); // `owner`: as nt::register_code was told
void forget_timers();

} // namespace ndispool::verify
