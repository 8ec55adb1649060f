// What good.c tells the test.
#pragma once

struct Probe {
    int entered;
    int through_call, through_table, through_unaligned, through_pointer; // what NdisTwice(10) gave on each way
    int own_by_call, own_by_table;                                       // what interposed(1) gave
    int weak_is_null;
    const char* hidden; // a static function
    const void* table;  // read-only, and full of slots
};
