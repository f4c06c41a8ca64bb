#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// What the fuzz targets share. A target is one source that defines tryInput; it has to come back
/// from every input, whatever a Result says, within 1 s and 100 MB of new memory.
namespace skd::fuzz {

/// Gives `input` to the reader that the target is about. Defined by each target.
void tryInput(std::string_view input);

/// Most memory that one input may hold at a time, beyond what was held before it.
constexpr std::size_t kMemoryLimit = 100'000'000;

/// What holds for every input does not hold for this one: says `what` and ends the process, so that
/// libFuzzer keeps the input.
void require(bool holds, std::string_view what);

/// A file that is called `name` (folders in it are made) in the target's own folder, with these
/// bytes.
std::filesystem::path putFile(std::string_view name, std::string_view bytes);
/// The target's own folder, in TMPDIR.
const std::filesystem::path& folder();
/// Makes the folder empty.
void clearFolder();

/// An input that stands for several files: the parts between lines of "%%%%", as many as asked for;
/// those that the input lacks are empty, and what follows the last is skipped.
std::vector<std::string_view> partsOf(std::string_view input, std::size_t count);
constexpr std::string_view kPartsLine = "\n%%%%\n";

}  // namespace skd::fuzz
