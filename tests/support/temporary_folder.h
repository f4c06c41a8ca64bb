#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace skd::test {

/// A fresh folder under the system's temporary one; removed with everything in it when it ends.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
        return m_path / name;
    }
    /// Writes a file (and the folders above it) and returns its path.
    std::filesystem::path write(std::string_view name, std::string_view bytes) const;

private:
    std::filesystem::path m_path;
};

/// Contents of a file; throws when it cannot be read.
std::string readBytes(const std::filesystem::path& path);

}  // namespace skd::test
