// Handles and references of objects other than threads: named events, registry keys.
//   Callers:   PASSIVE; dereference() up to DISPATCH. Any thread.
//   Holds:     an object lives as long as a handle or a reference of it is out. A wrong handle is looked up, never followed.
//   Not here:  threads (threads.h), whose exports ask here for a handle they do not know; access rights: whoever has a handle may do
//              everything with it.
#pragma once

#include <memory>

#include "ndis/base.h"

namespace ndispool::nt {

class Object {
  public:
    virtual ~Object() = default;
    // What ObReferenceObjectByHandle gives; for whatever can be waited for it begins with a DISPATCHER_HEADER.
    virtual void* body() = 0;
    virtual bool can_be_waited_for() const { return false; }
};

HANDLE make_handle(std::shared_ptr<Object> object);
std::shared_ptr<Object> object_of(HANDLE handle); // null: there is no such handle
bool close_handle(HANDLE handle);

// What ObReferenceObjectByHandle gives, until it was given back as often. False: it is no such object.
void* reference(std::shared_ptr<Object> object);
bool change_references(void* body, bool more);

} // namespace ndispool::nt
