#include "distill/parallel/training_team.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "base/members.h"
#include "base/text.h"

namespace skd {
namespace {

/// Parameters by name.
std::map<std::string, std::size_t> placesOf(const AdamW& optimiser) {
    std::map<std::string, std::size_t> places;
    for (std::size_t i = 0; i < optimiser.size(); ++i) places[optimiser.name(i)] = i;
    return places;
}

/// Of NAME.KIND the place of NAME.
Result<std::size_t> placeOf(const std::string& name,
                            const std::map<std::string, std::size_t>& places) {
    const auto found = places.find(name.substr(0, name.rfind('.')));
    if (found == places.end())
        return fail(ErrorCode::Corrupt,
                    strCat("the checkpoint has ", name, ", which the student has no parameter of"));
    return found->second;
}

Json describe(const std::vector<NamedTensor>& tensors) {
    Json list = Json::array();
    for (const NamedTensor& tensor : tensors)
        list.push_back({{"name", tensor.name},
                        {"shape", tensor.tensor.sizes().vec()},
                        {"type", static_cast<int>(tensor.tensor.scalar_type())}});
    return list;
}

/// A tensor that `description`, of describe(), says.
Result<NamedTensor> likeDescribed(const Json& description) {
    NamedTensor tensor;
    std::int64_t type = 0;
    SKD_CHECK(takeMember(description, "name", tensor.name));
    SKD_CHECK(takeMember(description, "type", type));
    const auto shape = valuesAs<std::int64_t>(memberOf(description, "shape"));
    if (!shape) return fail(ErrorCode::Corrupt, tensor.name + " of a checkpoint has no shape");
    tensor.tensor = at::empty(*shape, static_cast<at::ScalarType>(type));
    return tensor;
}

}  // namespace

std::pair<std::size_t, std::size_t> TrainingTeam::ownOf(std::size_t samples) const {
    if (isAlone()) return {0, samples};
    const auto [first, end] =
        shareOf(static_cast<std::int64_t>(samples), m_devices->rank(), m_devices->size());
    return {static_cast<std::size_t>(first), static_cast<std::size_t>(end)};
}

std::vector<RowShare> TrainingTeam::ownOf(const RowShares& shares) const {
    if (shares.empty()) return {};
    return shares[static_cast<std::size_t>(m_devices->rank())];
}

Status TrainingTeam::add(const std::vector<double*>& values) const {
    if (isAlone()) return {};
    const at::Tensor sums = at::empty({static_cast<std::int64_t>(values.size())}, at::kDouble);
    auto* out = sums.mutable_data_ptr<double>();
    for (std::size_t i = 0; i < values.size(); ++i) out[i] = *values[i];
    SKD_CHECK(m_devices->sum(sums));
    for (std::size_t i = 0; i < values.size(); ++i) *values[i] = out[i];
    return {};
}

Result<bool> TrainingTeam::any(bool mine) const {
    return isAlone() ? Result<bool>(mine) : m_devices->any(mine);
}

Result<Json> TrainingTeam::fromLeader(const Json& json) const {
    if (isAlone()) return json;
    SKD_TRY(const std::string text, m_devices->fromFirst(leads() ? dumpJson(json) : ""));
    return parseJson(text);
}

Status TrainingTeam::agree(const Json& json) const {
    SKD_TRY(const Json leaders, fromLeader(json));
    if (leaders == json) return {};
    return fail(
        ErrorCode::InvalidInput,
        strCat("rank ", m_devices->rank(), " would train with ", dumpJson(json), ", rank 0 with ",
               dumpJson(leaders), "; give all processes the same model, data and program"));
}

RowShares TrainingTeam::sharesOf(const std::vector<NamedTensor>& parameters,
                                 MomentType moments) const {
    if (isAlone() || moments != MomentType::F32) return {};
    std::vector<at::Tensor> tensors;
    for (const NamedTensor& parameter : parameters) {
        if (parameter.tensor.scalar_type() != parameters.front().tensor.scalar_type()) return {};
        tensors.push_back(parameter.tensor);
    }
    return shareRows(tensors, size());
}

Result<std::vector<NamedTensor>> TrainingTeam::gather(std::vector<NamedTensor> state,
                                                      const AdamW& optimiser,
                                                      const RowShares& shares) const {
    if (shares.empty()) return state;
    const auto places = placesOf(optimiser);
    RowExchange rows;
    for (NamedTensor& tensor : state) {
        SKD_TRY(const std::size_t place, placeOf(tensor.name, places));
        rows.place.push_back(place);
        rows.own.push_back(tensor.tensor);
        if (!leads()) continue;
        tensor.tensor = at::empty(optimiser.whole(place).sizes(), tensor.tensor.options());
        rows.full.push_back(tensor.tensor);
    }
    SKD_CHECK(exchangeRows(rows, shares, *m_devices));
    return state;
}

Result<std::optional<Checkpoint>> TrainingTeam::fromLeader(std::optional<Checkpoint> checkpoint,
                                                           const AdamW& optimiser,
                                                           const RowShares& shares) const {
    if (isAlone()) return checkpoint;
    Json head;
    if (leads() && checkpoint)
        head = {{"step", checkpoint->step},
                {"state", checkpoint->state},
                {"tensors", describe(checkpoint->tensors)}};
    SKD_TRY(head, fromLeader(head));
    if (head.is_null()) return std::optional<Checkpoint>();
    const auto places = placesOf(optimiser);
    Checkpoint given;
    SKD_CHECK(takeMember(head, "step", given.step));
    SKD_CHECK(takeMember(head, "state", given.state));
    std::size_t index = 0;
    for (const Json& description : memberOf(head, "tensors")) {
        SKD_TRY(NamedTensor tensor, likeDescribed(description));
        if (leads()) tensor.tensor = checkpoint->tensors[index++].tensor.contiguous();
        SKD_CHECK(m_devices->broadcast(tensor.tensor, 0));
        if (!shares.empty()) {
            SKD_TRY(const std::size_t place, placeOf(tensor.name, places));
            // A tensor of another shape is restore()'s to refuse.
            if (tensor.tensor.sizes() == optimiser.whole(place).sizes())
                tensor.tensor = ownOf(shares)[place].of(tensor.tensor).clone();
        }
        given.tensors.push_back(std::move(tensor));
    }
    return std::optional(std::move(given));
}

Status TrainingTeam::shareWeights(const AdamW& optimiser, const RowShares& shares) const {
    if (shares.empty()) return {};
    RowExchange rows;
    for (std::size_t i = 0; i < optimiser.size(); ++i) {
        rows.own.push_back(optimiser.live(i));
        rows.full.push_back(optimiser.whole(i));
        rows.place.push_back(i);
    }
    return exchangeRows(rows, shares, *m_devices);
}

Status TrainingTeam::weightsFromLeader(Decoder& student) const {
    if (isAlone()) return {};
    const c10::AutoGradMode noGradient(false);
    Status status;
    student.visitParameters([&](const std::string& /*name*/, at::Tensor& tensor) {
        if (!status) return;
        const at::Tensor given = tensor.detach().contiguous();
        status = m_devices->broadcast(given, 0);
        if (!given.is_alias_of(tensor)) tensor.copy_(given);
    });
    return status;
}

void tellTraffic(const TrainingTeam& team, const Traffic& traffic, const TimedSteps& steps,
                 const RunContext& context) {
    if (team.isAlone() || steps.count <= 0) return;
    const auto perStep = [&](double amount) { return amount / static_cast<double>(steps.count); };
    const auto milliseconds = [&](double seconds) {
        return formatNumber(1e3 * perStep(seconds), 4) + " ms";
    };
    context.log(log::Level::Info,
                strCat(team.size(), " processes: a step took ", milliseconds(steps.seconds),
                       "; each sent ", formatBytes(perStep(static_cast<double>(traffic.bytes))),
                       " in it, transfers took ", milliseconds(traffic.seconds), ", of which ",
                       milliseconds(traffic.waited), " were waited for"));
}

}  // namespace skd
