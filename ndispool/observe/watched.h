// One process as its own answer shows it, for what is made of that (pools_text.h, pools_json.h, pools_live.h).
#pragma once

#include "ndispool/monitor/answer.h"

#include <sys/types.h>
#include <vector>

namespace ndispool::observe {

struct Watched {
    pid_t process = 0;
    monitor::Answer answer;
};

} // namespace ndispool::observe
