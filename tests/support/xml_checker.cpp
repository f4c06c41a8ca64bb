#include "support/xml_checker.h"

#include <cctype>
#include <set>
#include <vector>

namespace skd::test {
namespace {

class Checker {
public:
    explicit Checker(std::string_view text) : m_text(text) {}

    std::string run() {
        if (m_text.starts_with("<!DOCTYPE html>")) m_at = 15;
        while (m_problem.empty() && m_at < m_text.size()) {
            if (m_text[m_at] == '<')
                tag();
            else if (m_text[m_at] == '&')
                reference();
            else
                character();
        }
        if (m_problem.empty() && !m_open.empty())
            complain("<" + m_open.back() + "> is never closed");
        if (m_problem.empty() && m_roots != 1) complain("there must be one root");
        return m_problem;
    }

private:
    void complain(const std::string& what) {
        if (m_problem.empty()) m_problem = what + " at byte " + std::to_string(m_at);
    }
    void character() {
        const char c = m_text[m_at++];
        if (m_open.empty() && std::isspace(static_cast<unsigned char>(c)) == 0)
            complain("text outside the root");
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r')
            complain("control character");
    }
    void reference() {
        for (const std::string_view known : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"})
            if (m_text.substr(m_at).starts_with(known)) {
                m_at += known.size();
                return;
            }
        complain("unknown reference");
    }
    std::string name() {
        std::string out;
        while (m_at < m_text.size() &&
               (std::isalnum(static_cast<unsigned char>(m_text[m_at])) != 0 ||
                m_text[m_at] == '-' || m_text[m_at] == ':'))
            out += m_text[m_at++];
        if (out.empty()) complain("a name is missing");
        return out;
    }
    bool take(char c) {
        if (m_at >= m_text.size() || m_text[m_at] != c) return false;
        ++m_at;
        return true;
    }
    void tag() {
        ++m_at;
        if (take('/')) {
            const std::string closing = name();
            if (m_open.empty() || m_open.back() != closing)
                return complain("</" + closing + "> closes nothing");
            m_open.pop_back();
            if (!take('>')) complain("'>' is missing");
            return;
        }
        if (m_open.empty()) ++m_roots;
        const std::string opening = name();
        std::set<std::string> attributes;
        while (m_problem.empty() && take(' ')) attribute(attributes);
        if (take('/')) {
            if (!take('>')) complain("'>' is missing");
        } else if (take('>')) {
            m_open.push_back(opening);
        } else {
            complain("a tag is malformed");
        }
    }
    void attribute(std::set<std::string>& known) {
        const std::string key = name();
        if (!known.insert(key).second) return complain("attribute " + key + " twice");
        if (!take('=') || !take('"')) return complain("attribute " + key + " is not quoted");
        std::string value;
        while (m_problem.empty() && m_at < m_text.size() && m_text[m_at] != '"') {
            value += m_text[m_at];
            if (m_text[m_at] == '<')
                complain("'<' in an attribute");
            else if (m_text[m_at] == '&')
                reference();
            else
                ++m_at;
        }
        if (!take('"')) complain("an attribute never ends");
        if (key == "id" && !m_ids.insert(value).second) complain("id " + value + " twice");
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    std::vector<std::string> m_open;
    std::set<std::string> m_ids;
    int m_roots = 0;
    std::string m_problem;
};

}  // namespace

std::string xmlProblem(std::string_view document) {
    return Checker(document).run();
}

}  // namespace skd::test
