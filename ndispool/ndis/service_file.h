// Files that drivers open by name (firmware, tables): read as a whole from one folder.
//   Callers:   PASSIVE; mapping at <= DISPATCH, any thread.
//   Holds:     a name cannot leave the folder; a handle that is not open is reported and refused, never followed.
#pragma once

#include <filesystem>

namespace ndispool::ndis {

// Where names of NdisOpenFile begin; at first the current folder.
void set_file_folder(std::filesystem::path folder);

} // namespace ndispool::ndis
