# OpenStack Swift with its S3 API, whole and in one process: the servers that deployments run on many machines, with
# accounts and buckets in SQLite below a folder and objects in memory. Prints its port once it answers.
# Arguments: the folder, the key's id as `account:user`, its secret.
import os
import sys

import eventlet

eventlet.monkey_patch(os=False)

from eventlet import tpool, wsgi
from swift.common import utils
from swift.common.ring import RingBuilder
from swift.common.wsgi import SwiftHttpProtocol, loadapp

folder, key_id, secret = sys.argv[1:]
account, user = key_id.split(':')
devices = os.path.join(folder, 'devices')
os.makedirs(os.path.join(devices, 'd1'))


def write(name, text):
    path = os.path.join(folder, name)
    with open(path, 'w') as file:
        file.write(text)
    return path


write('swift.conf', '[swift-hash]\nswift_hash_path_suffix = test\n')
utils.set_swift_dir(folder)
utils.validate_hash_conf()

BACKENDS = {'account': 'account', 'container': 'container', 'object': 'mem_object'}
sockets = {name: eventlet.listen(('127.0.0.1', 0)) for name in [*BACKENDS, 'proxy']}

for name in BACKENDS:
    ring = RingBuilder(part_power=0, replicas=1, min_part_hours=0)
    ring.add_dev({
        'id': 0, 'region': 1, 'zone': 1, 'weight': 1.0,
        'ip': '127.0.0.1', 'port': sockets[name].getsockname()[1], 'device': 'd1',
    })
    ring.rebalance()
    ring.get_ring().save(os.path.join(folder, name + '.ring.gz'))

DEFAULT = f'[DEFAULT]\nswift_dir = {folder}\ndevices = {devices}\nmount_check = false\nlog_level = ERROR\n'
configs = {
    name: write(f'{name}.conf', f'{DEFAULT}[app:main]\nuse = egg:swift#{backend}\n')
    for name, backend in BACKENDS.items()
}
configs['proxy'] = write('proxy.conf', f'''{DEFAULT}
[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats s3api tempauth copy slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{user} = {secret} .admin
[filter:copy]
use = egg:swift#copy
[filter:slo]
use = egg:swift#slo
''')


class Cache:
    # What memcached does for many proxies.
    def __init__(self):
        self.values = {}

    def get(self, key, *_, **__):
        return self.values.get(key)

    def set(self, key, value, **_):
        self.values[key] = value

    def delete(self, key, *_, **__):
        self.values.pop(key, None)


class NoLog:
    def write(self, *_):
        pass


def with_cache(app):
    cache = Cache()
    return lambda env, start: app({**env, 'swift.cache': cache}, start)


apps = {name: loadapp(config) for name, config in configs.items()}
apps['proxy'] = with_cache(apps['proxy'])
for name in [*BACKENDS, 'proxy']:
    eventlet.spawn(
        wsgi.server, sockets[name], apps[name], NoLog(),
        protocol=SwiftHttpProtocol, max_size=64, log_output=False,
    )
print(sockets['proxy'].getsockname()[1], flush=True)
# In a thread of its own; it ends with whoever started it.
tpool.execute(sys.stdin.read)
