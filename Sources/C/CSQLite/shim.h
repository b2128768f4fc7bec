// SQLite 3, touched by the EventStore module alone.
#include <sqlite3.h>
