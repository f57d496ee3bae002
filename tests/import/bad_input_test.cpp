#include "import/office.h"
