#include "ndispool/tool/program.h"

int main(int count, char** arguments) {
    return static_cast<int>(ndispool::tool::program({arguments + (count > 0 ? 1 : 0), arguments + count}));
}
