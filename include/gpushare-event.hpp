/*
 * gpushare: events, from C++17. Part of gpushare.hpp, whose first page holds here too.
 */
#ifndef GPUSHARE_EVENT_HPP
#define GPUSHARE_EVENT_HPP

#include "gpushare.hpp"

namespace gpushare {

class gpu_event : public detail::object<gpushare_gpu_event_t, gpushare_gpu_event_free> {
public:
    using object::object;

    gpushare::gpu gpu() const { return gpushare::gpu(c_, gpushare_gpu_event_gpu(get())); }
    std::uint64_t kind() const noexcept { return gpushare_gpu_event_kind(get()); }
    std::uint64_t data() const noexcept { return gpushare_gpu_event_data(get()); }
    std::optional<std::uint32_t> gpu_instance() const noexcept { return id(gpushare_gpu_event_gpu_instance(get())); }
    std::optional<std::uint32_t> compute_instance() const noexcept { return id(gpushare_gpu_event_compute_instance(get())); }
    std::string target() const { return detail::text(gpushare_gpu_event_target(get())); }
    mig_device_list mig_devices() const { return detail::make<mig_device_list>(gpushare_gpu_event_mig_devices, get()); }

private:
    static std::optional<std::uint32_t> id(std::uint32_t id) noexcept {
        return id == GPUSHARE_EVENT_NO_INSTANCE ? std::nullopt : std::optional<std::uint32_t>(id);
    }
};

/// GPUs that are watched. As a range it is the events as they come, until it is stopped.
class event_set : public detail::object<gpushare_event_set_t, gpushare_event_set_free> {
public:
    using object::object;
    /// One that outlives what C lends.
    static event_set clone(const c_type *lent) { return event_set(gpushare_event_set_clone(lent)); }

    static event_set of(const std::vector<gpu> &gpus, std::uint64_t kinds) {
        std::vector<const gpushare_gpu_t *> all;
        for (const gpu &one : gpus) all.push_back(one.get());
        gpushare_event_set_options_t c = GPUSHARE_EVENT_SET_OPTIONS_INIT;
        c.gpus = all.data();
        c.gpu_count = static_cast<std::uint32_t>(all.size());
        c.kinds = kinds;
        return detail::make<event_set>(gpushare_event_set_new, &c);
    }

    /// A GPU and what it is watched for.
    struct registration {
        gpushare::gpu gpu;
        std::uint64_t kinds;
    };

    std::vector<registration> registered() const {
        std::vector<registration> all;
        for (std::size_t index = 0; index < gpushare_event_set_gpu_count(get()); ++index) {
            all.push_back({gpu(c_, gpushare_event_set_gpu(get(), index)), gpushare_event_set_kinds(get(), index)});
        }
        return all;
    }

    std::optional<gpu_event> poll() const { return given(detail::ask<gpushare_gpu_event_t *>(gpushare_event_set_poll, get())); }
    /// Without a time, until an event comes or the set is stopped.
    std::optional<gpu_event> wait(std::optional<std::chrono::milliseconds> timeout = std::nullopt) const {
        const std::uint32_t ms = timeout ? detail::milliseconds(*timeout) : GPUSHARE_WAIT_FOREVER;
        return given(detail::ask<gpushare_gpu_event_t *>(gpushare_event_set_wait, get(), ms));
    }

    void stop() const noexcept { gpushare_event_set_stop(get()); }
    bool is_stopped() const noexcept { return gpushare_event_set_is_stopped(get()); }

    class iterator;
    iterator begin() const;
    iterator end() const noexcept;

private:
    static std::optional<gpu_event> given(gpushare_gpu_event_t *event) {
        return event == nullptr ? std::nullopt : std::optional<gpu_event>(event);
    }
};

/// Each step waits for the next event; the end is that of the set.
class event_set::iterator {
public:
    using iterator_category = std::input_iterator_tag;
    using value_type = gpu_event;
    using difference_type = std::ptrdiff_t;
    using reference = const gpu_event &;
    using pointer = const gpu_event *;

    iterator() = default;
    explicit iterator(event_set of) : set_(std::move(of)) { ++*this; }

    reference operator*() const noexcept { return *event_; }
    pointer operator->() const noexcept { return &*event_; }
    iterator &operator++() {
        event_ = set_->wait();
        return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const iterator &one, const iterator &other) noexcept { return !one.event_ && !other.event_; }
    friend bool operator!=(const iterator &one, const iterator &other) noexcept { return !(one == other); }

private:
    std::optional<event_set> set_;
    std::optional<gpu_event> event_;
};

inline event_set::iterator event_set::begin() const { return iterator(*this); }
inline event_set::iterator event_set::end() const noexcept { return {}; }

inline event_set nvml::watch(std::uint64_t kinds) const { return detail::make<event_set>(gpushare_nvml_watch, get(), kinds); }

} // namespace gpushare

#endif
