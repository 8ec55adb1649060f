// The driver's open configuration handles.
#pragma once

namespace ndispool::verify {

void judge_handles(); // after the unload
void forget_handles();

} // namespace ndispool::verify
