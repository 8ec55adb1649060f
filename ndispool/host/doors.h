// The second way in: functions that drivers call through the vectors of a miniport or open block.
//   Callers:   start() and open(), before the driver sees the handle.
//   Holds:     a vector and the export of the same name reach the same code; a vector has the ABI of the driver that calls it.
#pragma once

namespace ndispool::host {

struct Adapter;
struct Binding;

void fill_block(Adapter& adapter);
void fill_block(Binding& binding);

} // namespace ndispool::host
