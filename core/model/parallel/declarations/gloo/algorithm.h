#pragma once

// ProcessGroupGloo.hpp includes it and names nothing of it (README.md).
