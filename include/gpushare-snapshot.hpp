/*
 * gpushare: snapshots, from C++17. Part of gpushare.hpp, whose first page holds here too.
 */
#ifndef GPUSHARE_SNAPSHOT_HPP
#define GPUSHARE_SNAPSHOT_HPP

#include "gpushare.hpp"

namespace gpushare {

namespace detail {

/// A struct that is part of something. One that was moved from is all zeros.
template <typename C>
class part : public object<C, free_with_owner<C>> {
public:
    using object<C, free_with_owner<C>>::object;

protected:
    const C &c() const noexcept {
        static const C none{};
        return this->get() == nullptr ? none : *this->get();
    }
};

template <typename Struct>
std::optional<Struct> optional_struct(const Struct *found) noexcept {
    return found == nullptr ? std::nullopt : std::optional<Struct>(*found);
}

/// A part of something, where it has one.
template <typename Object>
std::optional<Object> optional_part(const std::shared_ptr<const void> &whole, const typename Object::c_type *found) noexcept {
    return found == nullptr ? std::nullopt : std::optional<Object>(std::in_place, whole, found);
}

/// A list that is part of something.
template <typename T, typename C, auto Length, auto Element>
using part_list = list<T, C, free_with_owner<C>, Length, Element>;

} // namespace detail

class compute_instance_snapshot : public detail::part<gpushare_compute_instance_snapshot_t> {
public:
    using part::part;

    std::uint32_t id() const noexcept { return c().id; }
    std::uint32_t profile_id() const noexcept { return c().profile_id; }
    gpushare_compute_instance_placement_t placement() const noexcept { return c().placement; }
    bool is_whole() const noexcept { return c().is_whole; }
};

using compute_instance_snapshot_list =
    detail::part_list<compute_instance_snapshot, gpushare_compute_instance_snapshot_list_t,
                      gpushare_compute_instance_snapshot_list_len, gpushare_compute_instance_snapshot_list_get>;

class gpu_instance_snapshot : public detail::part<gpushare_gpu_instance_snapshot_t> {
public:
    using part::part;

    std::uint32_t id() const noexcept { return c().id; }
    std::uint32_t profile_id() const noexcept { return c().profile_id; }
    gpushare_gpu_instance_placement_t placement() const noexcept { return c().placement; }
    std::string profile() const { return detail::text(c().profile); }
    compute_instance_snapshot_list compute_instances() const { return {c_, c().compute_instances}; }
};

using gpu_instance_snapshot_list =
    detail::part_list<gpu_instance_snapshot, gpushare_gpu_instance_snapshot_list_t, gpushare_gpu_instance_snapshot_list_len,
                      gpushare_gpu_instance_snapshot_list_get>;

class mig_device_snapshot : public detail::part<gpushare_mig_device_snapshot_t> {
public:
    using part::part;

    std::uint32_t index() const noexcept { return c().index; }
    std::uint32_t gpu_instance() const noexcept { return c().gpu_instance; }
    std::uint32_t compute_instance() const noexcept { return c().compute_instance; }
    std::string uuid() const { return detail::text(c().uuid); }
    std::string gpu_uuid() const { return detail::text(c().gpu_uuid); }
    std::string name() const { return detail::text(c().name); }
    gpushare_mig_device_attributes_t attributes() const noexcept {
        return detail::optional_struct(c().attributes).value_or(gpushare_mig_device_attributes_t{});
    }
    std::optional<gpushare_memory_t> memory() const noexcept { return detail::optional_struct(c().memory); }
    gpu_process_list processes() const { return {c_, c().processes}; }
};

using mig_device_snapshot_list =
    detail::part_list<mig_device_snapshot, gpushare_mig_device_snapshot_list_t, gpushare_mig_device_snapshot_list_len,
                      gpushare_mig_device_snapshot_list_get>;

/// What a GPU has room for of one profile.
class profile_capacity : public detail::part<gpushare_profile_capacity_t> {
public:
    using part::part;

    std::uint32_t profile_id() const noexcept { return c().profile_id; }
    std::string profile() const { return detail::text(c().profile); }
    std::uint32_t free() const noexcept { return c().free; }
    std::uint32_t total() const noexcept { return c().total; }
};

using profile_capacity_list = detail::part_list<profile_capacity, gpushare_profile_capacity_list_t,
                                                gpushare_profile_capacity_list_len, gpushare_profile_capacity_list_get>;

/// What the driver refused to tell, and why.
class unknown_fact : public detail::part<gpushare_unknown_fact_t> {
public:
    using part::part;

    std::uint32_t fact() const noexcept { return c().fact; } ///< GPUSHARE_FACT_...
    gpushare_status_t status() const noexcept { return c().status; }
    std::string message() const { return detail::text(c().message); }
    /// Nothing where it is not known of the GPU as a whole.
    std::optional<std::string> mig_device() const { return detail::optional_text(c().mig_device); }
};

using unknown_fact_list = detail::part_list<unknown_fact, gpushare_unknown_fact_list_t, gpushare_unknown_fact_list_len,
                                            gpushare_unknown_fact_list_get>;

/// A GPU of a snapshot.
class gpu_snapshot : public detail::part<gpushare_gpu_snapshot_t> {
public:
    using part::part;

    std::uint32_t index() const noexcept { return c().index; }
    std::string uuid() const { return detail::text(c().uuid); }
    std::string name() const { return detail::text(c().name); }
    std::optional<std::uint32_t> minor_number() const noexcept { return detail::optional_number<std::uint32_t>(c().minor_number); }
    std::optional<gpushare_pci_address_t> pci_address() const noexcept { return detail::optional_struct(c().pci_address); }
    std::optional<gpushare_memory_t> memory() const noexcept { return detail::optional_struct(c().memory); }
    std::optional<gpushare_utilization_t> utilization() const noexcept { return detail::optional_struct(c().utilization); }
    /// GPUSHARE_COMPUTE_MODE_...
    std::optional<std::uint32_t> compute_mode() const noexcept { return detail::optional_number<std::uint32_t>(c().compute_mode); }
    std::optional<bool> mig_enabled() const noexcept {
        return c().has_mig_mode ? std::optional<bool>(c().mig_enabled) : std::nullopt;
    }
    std::optional<gpushare::layout> layout() const { return detail::optional_part<gpushare::layout>(c_, c().layout); }
    /// Nothing for a caller that may not list them.
    std::optional<gpu_instance_snapshot_list> gpu_instances() const {
        return detail::optional_part<gpu_instance_snapshot_list>(c_, c().gpu_instances);
    }
    mig_device_snapshot_list mig_devices() const { return {c_, c().mig_devices}; }
    profile_capacity_list capacity() const { return {c_, c().capacity}; }
    gpu_process_list processes() const { return {c_, c().processes}; }
    unknown_fact_list unknown() const { return {c_, c().unknown}; }
};

using gpu_snapshot_list = detail::part_list<gpu_snapshot, gpushare_gpu_snapshot_list_t, gpushare_gpu_snapshot_list_len,
                                            gpushare_gpu_snapshot_list_get>;

class mps_server_snapshot : public detail::part<gpushare_mps_server_snapshot_t> {
public:
    using part::part;

    std::uint32_t pid() const noexcept { return c().pid; }
    std::optional<std::uint32_t> uid() const noexcept { return detail::optional_number<std::uint32_t>(c().uid); }
    std::vector<std::uint32_t> clients() const { return detail::pids(c().clients); }
};

using mps_server_snapshot_list =
    detail::part_list<mps_server_snapshot, gpushare_mps_server_snapshot_list_t, gpushare_mps_server_snapshot_list_len,
                      gpushare_mps_server_snapshot_list_get>;

class mps_daemon_snapshot : public detail::part<gpushare_mps_daemon_snapshot_t> {
public:
    using part::part;

    std::optional<std::uint32_t> pid() const noexcept { return detail::optional_number<std::uint32_t>(c().pid); }
    std::optional<std::string> pipe_directory() const { return detail::optional_text(c().pipe_directory); }
    mps_server_snapshot_list servers() const { return {c_, c().servers}; }
};

using mps_daemon_snapshot_list =
    detail::part_list<mps_daemon_snapshot, gpushare_mps_daemon_snapshot_list_t, gpushare_mps_daemon_snapshot_list_len,
                      gpushare_mps_daemon_snapshot_list_get>;

/// One difference between two snapshots.
class change : public detail::part<gpushare_change_t> {
public:
    using part::part;

    std::uint32_t kind() const noexcept { return c().kind; } ///< GPUSHARE_CHANGE_...
    /// Nothing for MPS daemons.
    std::optional<std::string> gpu_uuid() const { return detail::optional_text(c().gpu_uuid); }
    std::string to_string() const { return detail::text(c().text); }
    std::string to_json() const { return detail::text(c().json); }
    std::optional<gpu_instance_snapshot> gpu_instance() const {
        return detail::optional_part<gpu_instance_snapshot>(c_, c().gpu_instance);
    }
    std::optional<mig_device_snapshot> mig_device() const {
        return detail::optional_part<mig_device_snapshot>(c_, c().mig_device);
    }
    std::optional<gpu_process> process() const { return detail::optional_part<gpu_process>(c_, c().process); }
    std::optional<mps_daemon_snapshot> mps_daemon() const {
        return detail::optional_part<mps_daemon_snapshot>(c_, c().mps_daemon);
    }
};

using change_list =
    list<change, gpushare_change_list_t, gpushare_change_list_free, gpushare_change_list_len, gpushare_change_list_get>;

/// What is on a node, who is on it and what is free, at one moment.
class snapshot : public detail::object<gpushare_snapshot_t, gpushare_snapshot_free> {
public:
    using object::object;

    static snapshot from_json(const std::string &json) { return detail::make<snapshot>(gpushare_snapshot_from_json, json.c_str()); }

    std::string driver_version() const { return detail::text(gpushare_snapshot_driver_version(get())); }
    gpu_snapshot_list gpus() const { return {c_, gpushare_snapshot_gpus(get())}; }
    /// Nothing where no GPU has the UUID.
    std::optional<gpu_snapshot> gpu(const std::string &uuid) const {
        return detail::optional_part<gpu_snapshot>(c_, gpushare_snapshot_gpu(get(), uuid.c_str()));
    }
    /// Nothing where no MIG device has the UUID.
    std::optional<mig_device_snapshot> mig_device(const std::string &uuid) const {
        return detail::optional_part<mig_device_snapshot>(c_, gpushare_snapshot_mig_device(get(), uuid.c_str()));
    }
    mps_daemon_snapshot_list mps_daemons() const { return {c_, gpushare_snapshot_mps_daemons(get())}; }
    gpushare::visible_node visible_node() const {
        return detail::make<gpushare::visible_node>(gpushare_snapshot_visible_node, get());
    }
    /// What changed from this one to a later one.
    change_list changes_to(const snapshot &later) const {
        return detail::make<change_list>(gpushare_snapshot_changes, get(), later.get());
    }
    std::string to_string() const { return detail::make_text(gpushare_snapshot_to_string, get()); }
    std::string to_json() const { return detail::make_text(gpushare_snapshot_to_json, get()); }
    friend bool operator==(const snapshot &one, const snapshot &other) noexcept {
        return gpushare_snapshot_equal(one.get(), other.get());
    }
    friend bool operator!=(const snapshot &one, const snapshot &other) noexcept { return !(one == other); }
};

/// How a GPU is divided; nothing on a GPU without MIG and where it is not known.
class gpu_layout : public detail::part<gpushare_gpu_layout_t> {
public:
    using part::part;

    std::string gpu_uuid() const { return detail::text(c().gpu_uuid); }
    std::optional<gpushare::layout> layout() const { return detail::optional_part<gpushare::layout>(c_, c().layout); }
};

using gpu_layout_list = list<gpu_layout, gpushare_gpu_layout_list_t, gpushare_gpu_layout_list_free, gpushare_gpu_layout_list_len,
                             gpushare_gpu_layout_list_get>;

/// Takes snapshots one after the other, for the least that they can cost.
class observer : public detail::object<gpushare_observer_t, gpushare_observer_free> {
public:
    using object::object;
    /// One that outlives what C lends.
    static observer clone(const c_type *lent) { return observer(gpushare_observer_clone(lent)); }

    gpushare::snapshot snapshot() const { return detail::make<gpushare::snapshot>(gpushare_observer_snapshot, get()); }
    gpu_layout_list layouts() const { return detail::make<gpu_layout_list>(gpushare_observer_layouts, get()); }
    mig_device_list mig_devices() const { return detail::make<mig_device_list>(gpushare_observer_mig_devices, get()); }
    gpu_list gpus() const { return {c_, gpushare_observer_gpus(get())}; }
};

inline gpushare::snapshot nvml::snapshot() const { return detail::make<gpushare::snapshot>(gpushare_nvml_snapshot, get()); }
inline gpushare::observer nvml::observer() const { return detail::make<gpushare::observer>(gpushare_nvml_observer, get()); }

} // namespace gpushare

#endif // GPUSHARE_SNAPSHOT_HPP
