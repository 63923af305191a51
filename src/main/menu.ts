import { app, Menu, type MenuItemConstructorOptions } from 'electron'

const english = {
  file: 'File',
  quit: 'Quit Bedside',
  edit: 'Edit',
  undo: 'Undo',
  redo: 'Redo',
  cut: 'Cut',
  copy: 'Copy',
  paste: 'Paste',
  selectAll: 'Select all',
  view: 'View',
  actualSize: 'Actual size',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  fullScreen: 'Full screen',
  developer: 'Developer tools',
}
type Labels = typeof english

const chinese: Labels = {
  file: '文件',
  quit: '退出 Bedside',
  edit: '编辑',
  undo: '撤销',
  redo: '重做',
  cut: '剪切',
  copy: '复制',
  paste: '粘贴',
  selectAll: '全选',
  view: '视图',
  actualSize: '实际大小',
  zoomIn: '放大',
  zoomOut: '缩小',
  fullScreen: '全屏',
  developer: '开发者工具',
}

export const labelsFor = (locale: string): Labels => (/^zh\b/i.test(locale) ? chinese : english)

/** The menu in the system's language; the renderer's own language is chosen in the app. */
export const setMenu = (): void => {
  const labels = labelsFor(app.getLocale())
  const template: MenuItemConstructorOptions[] = [
    {
      label: process.platform === 'darwin' ? app.name : labels.file,
      submenu: [{ role: 'quit', label: labels.quit }],
    },
    {
      label: labels.edit,
      submenu: [
        { role: 'undo', label: labels.undo },
        { role: 'redo', label: labels.redo },
        { type: 'separator' },
        { role: 'cut', label: labels.cut },
        { role: 'copy', label: labels.copy },
        { role: 'paste', label: labels.paste },
        { role: 'selectAll', label: labels.selectAll },
      ],
    },
    {
      label: labels.view,
      submenu: [
        { role: 'resetZoom', label: labels.actualSize },
        { role: 'zoomIn', label: labels.zoomIn },
        { role: 'zoomOut', label: labels.zoomOut },
        { role: 'togglefullscreen', label: labels.fullScreen },
        ...(app.isPackaged
          ? []
          : ([
              { type: 'separator' },
              { role: 'toggleDevTools', label: labels.developer },
            ] satisfies MenuItemConstructorOptions[])),
      ],
    },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
