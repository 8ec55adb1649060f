#include "ndispool/verify/door.h"

#include "ndispool/ndis/service_exports.h"
#include "ndispool/nt/exports.h"

#include <gtest/gtest.h>

namespace ndispool::verify {
namespace {

const nt::Export* plain(std::string_view name) {
    for (const auto part : {nt::exports(), ndis::service_exports()})
        for (const nt::Export& entry : part)
            if (entry.name == name)
                return &entry;
    return nullptr;
}

const void* form_of(std::string_view name) {
    const nt::Export* const found = plain(name);
    EXPECT_NE(found, nullptr) << name;
    const nt::Export* const checked = found ? checked_form(name, *found) : nullptr;
    return checked ? checked->native : nullptr;
}

// Compiled drivers import IofCompleteRequest; source code says IoCompleteRequest.
TEST(Door, another_name_of_a_function_has_the_form_of_the_function) {
    open_door(plain);
    ASSERT_NE(form_of("IoCompleteRequest"), nullptr);
    EXPECT_EQ(form_of("IofCompleteRequest"), form_of("IoCompleteRequest"));
    EXPECT_EQ(form_of("IofCallDriver"), form_of("IoCallDriver"));
    EXPECT_EQ(form_of("ExInitializeNPagedLookasideList"), form_of("NdisInitializeNPagedLookasideList"));
    EXPECT_EQ(form_of("DbgPrint"), nullptr);
    close_door();
}

} // namespace
} // namespace ndispool::verify
