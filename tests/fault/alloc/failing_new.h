#pragma once

namespace skd::test {

/// From now on the `number`-th operator new of this process, whichever thread calls it, throws
/// std::bad_alloc; others succeed. One in a destructor of JSON is let through, and the next fails
/// instead. This program replaces operator new.
void failAllocation(long number);
/// No allocation fails any more; true when one did.
bool stopFailing();

}  // namespace skd::test
