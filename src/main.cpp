#include "cli/cli.h"

int main(int argc, char** argv) { return traction::run(argc, argv); }
