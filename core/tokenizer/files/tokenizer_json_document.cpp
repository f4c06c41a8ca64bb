#include "tokenizer/files/tokenizer_json.h"

#include <unordered_set>

#include "base/text.h"

namespace skd {
namespace {

constexpr std::size_t kDeepest = 64;

/// Receives the events of nlohmann's parser; every handler returns false to stop it.
class DocumentBuilder : public nlohmann::json_sax<Json> {
public:
    explicit DocumentBuilder(TokenizerJsonDocument& document) : m_document(document) {}
    [[nodiscard]] const std::string& problem() const { return m_problem; }

    bool null() override { return value(nullptr); }
    bool boolean(bool v) override { return value(v); }
    bool number_integer(number_integer_t v) override { return value(v); }
    bool number_float(number_float_t v, const string_t&) override { return value(v); }
    bool binary(binary_t&) override { return stop("binary values are not JSON"); }

    bool number_unsigned(number_unsigned_t v) override {
        if (kind() != Kind::Vocabulary) return value(v);
        if (v >= 1ull << 31)
            return stop(strCat("token ", quoted(m_key), " has id ", v, ", beyond 2^31"));
        m_document.vocabulary.push_back({std::move(m_key), static_cast<TokenId>(v)});
        return true;
    }

    bool string(string_t& v) override {
        if (kind() == Kind::Merges) {
            if (m_document.merges.empty() && v.starts_with("#version")) return true;
            auto rule = parseMergeLine(v, m_document.merges.size());
            if (!rule) return stop(rule.error().message);
            m_document.merges.push_back(std::move(*rule));
            return true;
        }
        if (kind() == Kind::MergePair) {
            if (m_pair.size() == 2)
                return stop(strCat("merge ", m_document.merges.size(), " has more than two parts"));
            m_pair.push_back(std::move(v));
            return true;
        }
        return value(std::move(v));
    }

    bool start_object(std::size_t) override {
        const bool vocabulary = isModelMember("vocab");
        if (!vocabulary && !value(Json::object())) return false;
        return open(vocabulary ? Kind::Vocabulary : Kind::Generic);
    }

    bool start_array(std::size_t) override {
        if (kind() == Kind::Merges) {
            m_pair.clear();
            return open(Kind::MergePair);
        }
        const bool merges = isModelMember("merges");
        if (!merges && !value(Json::array())) return false;
        return open(merges ? Kind::Merges : Kind::Generic);
    }

    bool key(string_t& v) override {
        m_key = std::move(v);
        if (kind() == Kind::Vocabulary) return true;  // TokenTable finds the duplicates
        if (m_frames.back().keys.insert(m_key).second) return true;
        return stop(strCat("the key ", quoted(m_key), " appears twice in one object"));
    }

    bool end_object() override { return close(); }
    bool end_array() override {
        if (kind() == Kind::MergePair) {
            if (m_pair.size() != 2)
                return stop(strCat("merge ", m_document.merges.size(), " has ", m_pair.size(),
                                   " parts; it must have two"));
            m_document.merges.push_back({std::move(m_pair[0]), std::move(m_pair[1])});
        }
        return close();
    }

    bool parse_error(std::size_t, const std::string&,
                     const nlohmann::detail::exception& error) override {
        const std::string what = error.what();
        const auto bracket = what.find("] ");
        return stop("not valid JSON: " +
                    (bracket == std::string::npos ? what : what.substr(bracket + 2)));
    }

private:
    enum class Kind { Generic, Vocabulary, Merges, MergePair };
    struct Frame {
        Kind kind = Kind::Generic;
        Json* node = nullptr;  ///< Generic only
        std::unordered_set<std::string> keys;
        std::string name;  ///< the key under which the value stands, "" in an array
    };

    [[nodiscard]] Kind kind() const {
        return m_frames.empty() ? Kind::Generic : m_frames.back().kind;
    }

    /// True when the value that begins now is /model/`name`.
    [[nodiscard]] bool isModelMember(std::string_view name) const {
        return m_frames.size() == 2 && m_frames[1].name == "model" &&
               m_frames[1].node->is_object() && m_key == name;
    }

    bool stop(std::string problem) {
        m_problem = std::move(problem);
        return false;
    }

    bool open(Kind kind) {
        if (m_frames.size() >= kDeepest)
            return stop(strCat("nested deeper than ", kDeepest, " levels"));
        const bool named =
            !m_frames.empty() && m_frames.back().node && m_frames.back().node->is_object();
        Frame frame{
            kind, kind == Kind::Generic ? m_last : nullptr, {}, named ? m_key : std::string()};
        m_frames.push_back(std::move(frame));
        return true;
    }

    bool close() {
        m_frames.pop_back();
        return true;
    }

    /// Stores a value under the pending key or at the end of the open array.
    bool value(Json v) {
        if (kind() == Kind::Vocabulary)
            return stop(
                strCat("the id of token ", quoted(m_key), " is not a whole number from 0 on"));
        if (kind() != Kind::Generic)
            return stop(strCat("merge ", m_document.merges.size(), " is not made of two strings"));
        if (m_frames.empty()) {
            m_document.rest = std::move(v);
            m_last = &m_document.rest;
            return true;
        }
        Json& parent = *m_frames.back().node;
        if (parent.is_array()) {
            parent.push_back(std::move(v));
            m_last = &parent.back();
        } else {
            auto& members = parent.get_ref<Json::object_t&>();
            members.emplace_back(m_key, std::move(v));  // no search: keys were checked by key()
            m_last = &members.back().second;
        }
        return true;
    }

    TokenizerJsonDocument& m_document;
    std::vector<Frame> m_frames;
    std::string m_key;
    Json* m_last = nullptr;  ///< the value stored last
    std::vector<std::string> m_pair;
    std::string m_problem;
};

Result<TokenId> mergePart(const TokenTable& tokens, std::string_view part, std::size_t merge) {
    if (part.empty())
        return fail(ErrorCode::Corrupt, strCat("merge ", merge, " has an empty part"));
    if (const auto id = tokens.find(part)) return *id;
    return fail(ErrorCode::Corrupt,
                strCat("merge ", merge, ": ", quoted(part), " is not in the vocabulary"));
}

}  // namespace

Result<MergeRule> parseMergeLine(std::string_view line, std::size_t index) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos)
        return fail(ErrorCode::Corrupt, strCat("merge ", index, ", ", quoted(line),
                                               ", does not split into two parts at one space"));
    return MergeRule{std::string(line.substr(0, space)), std::string(line.substr(space + 1))};
}

Result<std::vector<Merge>> mergesFromRules(const TokenTable& tokens,
                                           const std::vector<MergeRule>& rules) {
    std::vector<Merge> merges;
    merges.reserve(rules.size());
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto& [left, right] = rules[i];
        Merge merge{.rank = static_cast<std::uint32_t>(i)};
        SKD_TRY(merge.left, mergePart(tokens, left, i));
        SKD_TRY(merge.right, mergePart(tokens, right, i));
        SKD_TRY(merge.result, mergePart(tokens, left + right, i));
        merges.push_back(merge);
    }
    return merges;
}

Result<TokenizerJsonDocument> parseTokenizerJson(std::string_view text) {
    TokenizerJsonDocument document;
    DocumentBuilder builder(document);
    if (!Json::sax_parse(text.begin(), text.end(), &builder))
        return fail(ErrorCode::Corrupt, builder.problem());
    return document;
}

}  // namespace skd
